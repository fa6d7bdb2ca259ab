// The Go clients that Terraform's and Pulumi's alicloud providers and the aliyun CLI are made of, unmodified: each line
// of the input is one call as JSON, each line of the output what came of it. Tests run it against the embedded cloud.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	rpc "github.com/alibabacloud-go/tea-rpc/client"
	util "github.com/alibabacloud-go/tea-utils/service"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

type call struct {
	Client   string // sdk, tea or oss
	Endpoint string
	Key      string
	Secret   string
	Token    string
	Region   string
	Version  string
	Action   string
	Method   string
	Form     bool // parameters travel in a form
	Params   map[string]string
	Format   string // of the answer, JSON where nothing is said
}

type outcome struct {
	Code    string `json:"code"` // empty: it went well
	Message string `json:"message"`
	Body    string `json:"body"`
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(strings.TrimSpace(string(line))) > 0 {
			var asked call
			if problem := json.Unmarshal(line, &asked); problem != nil {
				panic(problem)
			}
			text, _ := json.Marshal(clients[asked.Client](asked))
			fmt.Println(string(text))
		}
		if err == io.EOF {
			return
		}
	}
}

var clients = map[string]func(call) outcome{"sdk": withSdk, "tea": withTea, "oss": withOss}

// alibaba-cloud-sdk-go, which the aliyun CLI calls everything with, and alicloud_image and others their products.
func withSdk(asked call) outcome {
	config := sdk.NewConfig().WithScheme("HTTP").WithAutoRetry(false)
	var key auth.Credential = credentials.NewAccessKeyCredential(asked.Key, asked.Secret)
	if asked.Token != "" {
		key = credentials.NewStsTokenCredential(asked.Key, asked.Secret, asked.Token)
	}
	client, err := sdk.NewClientWithOptions(asked.Region, config, key)
	if err != nil {
		return failure(err)
	}
	request := requests.NewCommonRequest()
	request.Scheme, request.Domain = "http", asked.Endpoint
	request.Version, request.ApiName, request.Method = asked.Version, asked.Action, asked.Method
	if asked.Format != "" {
		request.AcceptFormat = asked.Format
	}
	for name, value := range asked.Params {
		if asked.Form {
			request.FormParams[name] = value
		} else {
			request.QueryParams[name] = value
		}
	}
	response, err := client.ProcessCommonRequest(request)
	if err != nil {
		return failure(err)
	}
	return outcome{Body: response.GetHttpContentString()}
}

// tea-rpc, which most of Terraform's resources post their requests with.
func withTea(asked call) outcome {
	config := &rpc.Config{
		AccessKeyId: tea.String(asked.Key), AccessKeySecret: tea.String(asked.Secret),
		Endpoint: tea.String(asked.Endpoint), Protocol: tea.String("HTTP"), RegionId: tea.String(asked.Region),
	}
	if asked.Token != "" {
		config.SecurityToken = tea.String(asked.Token)
	}
	client, err := rpc.NewClient(config)
	if err != nil {
		return failure(err)
	}
	query, body := map[string]interface{}{}, map[string]interface{}{}
	for name, value := range asked.Params {
		if asked.Form {
			body[name] = value
		} else {
			query[name] = value
		}
	}
	runtime := (&util.RuntimeOptions{}).SetAutoretry(false)
	answer, err := client.DoRequest(tea.String(asked.Action), nil, tea.String(asked.Method),
		tea.String(asked.Version), tea.String("AK"), query, body, runtime)
	if err != nil {
		return failure(err)
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return failure(err)
	}
	return outcome{Body: string(text)}
}

// aliyun-oss-go-sdk, whose version 4 signs the Date header: Action is PutObject, GetObject, CreateBucket or ListBuckets,
// Version v1 or v4.
func withOss(asked call) outcome {
	version := oss.AuthV1
	if asked.Version == "v4" {
		version = oss.AuthV4
	}
	options := []oss.ClientOption{oss.AuthVersion(version), oss.Region(asked.Region)}
	if asked.Token != "" {
		options = append(options, oss.SecurityToken(asked.Token))
	}
	client, err := oss.New("http://"+asked.Endpoint, asked.Key, asked.Secret, options...)
	if err != nil {
		return failure(err)
	}
	switch asked.Action {
	case "CreateBucket":
		if err := client.CreateBucket(asked.Params["Bucket"]); err != nil {
			return failure(err)
		}
		return outcome{}
	case "ListBuckets":
		found, err := client.ListBuckets()
		if err != nil {
			return failure(err)
		}
		text, _ := json.Marshal(found.Buckets)
		return outcome{Body: string(text)}
	}
	bucket, err := client.Bucket(asked.Params["Bucket"])
	if err != nil {
		return failure(err)
	}
	if asked.Action == "PutObject" {
		if err := bucket.PutObject(asked.Params["Key"], strings.NewReader(asked.Params["Body"])); err != nil {
			return failure(err)
		}
		return outcome{}
	}
	content, err := bucket.GetObject(asked.Params["Key"])
	if err != nil {
		return failure(err)
	}
	defer content.Close()
	text, err := io.ReadAll(content)
	if err != nil {
		return failure(err)
	}
	return outcome{Body: string(text)}
}

func failure(err error) outcome {
	switch known := err.(type) {
	case errors.Error:
		return outcome{Code: known.ErrorCode(), Message: known.Message()}
	case *tea.SDKError:
		return outcome{Code: tea.StringValue(known.Code), Message: tea.StringValue(known.Message)}
	case oss.ServiceError:
		return outcome{Code: known.Code, Message: known.Message}
	}
	return outcome{Code: "client", Message: err.Error()}
}
