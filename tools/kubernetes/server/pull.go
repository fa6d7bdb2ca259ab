package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
)

const (
	pullWithin  = 20 * time.Second
	biggestBody = 4 << 20
	manifests   = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, " +
		"application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
)

var challenge = regexp.MustCompile(`(\w+)="([^"]*)"`)

// login is what a pod pulls with.
type login struct{ user, password string }

// image is a reference, as far as a pull needs it: registry.example.com/team/web:1.
type image struct{ text, host, repository, reference string }

func imageOf(text string) image {
	found := image{text: text, reference: "latest"}
	rest := text
	if at := strings.Index(rest, "@"); at >= 0 {
		rest, found.reference = rest[:at], rest[at+1:]
	}
	if at := strings.LastIndex(rest, ":"); at > strings.LastIndex(rest, "/") {
		if !strings.Contains(text, "@") {
			found.reference = rest[at+1:]
		}
		rest = rest[:at]
	}
	host, path, isPath := strings.Cut(rest, "/")
	if isPath && (strings.ContainsAny(host, ".:") || host == "localhost") {
		found.host, found.repository = host, path
	} else {
		found.repository = rest
	}
	return found
}

// isHere tells whether its registry is on this machine: no other one is ever asked.
func (i image) isHere() bool {
	host := i.host
	if name, _, err := net.SplitHostPort(i.host); err == nil {
		host = name
	}
	address := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || address != nil && address.IsLoopback()
}

// notPulled says at which of the seven steps of a pull it failed: 1 ask the registry, 2 be told of the authorization
// service, 3 ask that for a token, 4 get it, 5 ask again with the token, 6 find the image, 7 get its bytes.
type notPulled struct {
	image string
	step  int
	why   string
}

func (e notPulled) Error() string {
	return fmt.Sprintf("Failed to pull image %q: %s (step %d of 7)", e.image, e.why, e.step)
}

// puller asks for one image; layers are not fetched.
type puller struct {
	image image
	login *login
	token string
}

func (p *puller) pull(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, pullWithin)
	defer done()
	var found struct {
		Config    struct{ Digest string }
		Layers    []struct{ Digest string }
		Manifests []struct{ Digest string }
	}
	if err := p.read(ctx, "GET", "manifests/"+p.image.reference, &found); err != nil {
		return err
	}
	if len(found.Manifests) > 0 {
		if err := p.read(ctx, "GET", "manifests/"+found.Manifests[0].Digest, &found); err != nil {
			return err
		}
	}
	for _, blob := range append(found.Layers, found.Config) {
		if err := p.read(ctx, "HEAD", "blobs/"+blob.Digest, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *puller) failed(step int, why string) error { return notPulled{p.image.text, step, why} }

func (p *puller) read(ctx context.Context, method, path string, into any) error {
	status, header, body, err := p.ask(ctx, method, path)
	if err == nil && status == http.StatusUnauthorized && p.token == "" {
		if err := p.authorize(ctx, header.Get("WWW-Authenticate")); err != nil {
			return err
		}
		status, _, body, err = p.ask(ctx, method, path)
	}
	step := 1
	if p.token != "" {
		step = 5
	}
	switch {
	case err != nil:
		return p.failed(step, "the registry does not answer: "+err.Error())
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		who := ""
		if p.login == nil {
			who = " without a login"
		}
		return p.failed(step, fmt.Sprintf("pull access denied%s, the registry answers %d", who, status))
	case status == http.StatusNotFound && strings.HasPrefix(path, "manifests/"):
		return p.failed(6, "manifest unknown")
	case status == http.StatusNotFound:
		return p.failed(7, "blob unknown: "+strings.TrimPrefix(path, "blobs/"))
	case status >= 400:
		return p.failed(step, fmt.Sprintf("the registry answers %d", status))
	}
	if into != nil && json.Unmarshal(body, into) != nil {
		return p.failed(6, "what the registry has is no JSON")
	}
	return nil
}

func (p *puller) ask(ctx context.Context, method, path string) (int, http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+p.image.host+"/v2/"+p.image.repository+"/"+path, nil)
	if err != nil {
		return 0, nil, nil, err
	}
	request.Header.Set("Accept", manifests)
	if p.token != "" {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	return answered(request)
}

// authorize takes steps 2 to 4.
func (p *puller) authorize(ctx context.Context, told string) error {
	said := map[string]string{}
	for _, pair := range challenge.FindAllStringSubmatch(told, -1) {
		said[pair[1]] = pair[2]
	}
	if said["realm"] == "" {
		return p.failed(2, "the registry names no authorization service")
	}
	query := url.Values{"service": {said["service"]}, "scope": {"repository:" + p.image.repository + ":pull"}}
	request, err := http.NewRequestWithContext(ctx, "GET", said["realm"]+"?"+query.Encode(), nil)
	if err != nil {
		return p.failed(2, "the registry names no authorization service")
	}
	if p.login != nil {
		request.SetBasicAuth(p.login.user, p.login.password)
	}
	status, _, body, err := answered(request)
	switch {
	case err != nil:
		return p.failed(3, "the authorization service does not answer: "+err.Error())
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return p.failed(3, "the authorization service refuses the user name or password, or they have expired")
	case status != http.StatusOK:
		return p.failed(3, fmt.Sprintf("the authorization service answers %d", status))
	}
	var token struct {
		Token       string
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal(body, &token) != nil || token.Token+token.AccessToken == "" {
		return p.failed(4, "the authorization service gives no token")
	}
	if p.token = token.Token; p.token == "" {
		p.token = token.AccessToken
	}
	return nil
}

func answered(request *http.Request) (int, http.Header, []byte, error) {
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, biggestBody))
	return answer.StatusCode, answer.Header, body, err
}

// loginIn is what a Secret has for a registry, as kubelet reads it (kubernetes.io/dockerconfigjson).
func loginIn(secret *v1.Secret, host string) *login {
	var config struct {
		Auths map[string]struct{ Username, Password, Auth string }
	}
	if json.Unmarshal(secret.Data[v1.DockerConfigJsonKey], &config) != nil {
		return nil
	}
	for server, one := range config.Auths {
		bare, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(server, "https://"), "http://"), "/")
		if bare != host {
			continue
		}
		if one.Username == "" {
			text, _ := base64.StdEncoding.DecodeString(one.Auth)
			one.Username, one.Password, _ = strings.Cut(string(text), ":")
		}
		return &login{one.Username, one.Password}
	}
	return nil
}
