// computenest-registry is distribution's registry (the Debian sources of docker-registry 2.8) with the object storage
// driver of Alibaba Cloud, as one process of the embedded cloud.
//
// Debian's own binary is built without that driver. It ends when its standard input ends, so that it never outlives
// the cloud that started it, however that ended.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/docker/distribution/configuration"
	dcontext "github.com/docker/distribution/context"
	_ "github.com/docker/distribution/registry/auth/token"
	"github.com/docker/distribution/registry/handlers"
	_ "github.com/docker/distribution/registry/storage/driver/oss"
	"github.com/docker/distribution/version"
	"github.com/sirupsen/logrus"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, "computenest-registry:", err)
	os.Exit(1)
}

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("give one configuration file"))
	}
	file, err := os.Open(os.Args[1])
	if err != nil {
		fail(err)
	}
	config, err := configuration.Parse(file)
	if err != nil {
		fail(err)
	}
	file.Close()
	logrus.SetLevel(logrus.FatalLevel) // every 404 would be an error otherwise, with the key's user name
	log.SetOutput(io.Discard)          // the storage driver's
	listener, err := net.Listen("tcp", config.HTTP.Addr)
	if err != nil {
		fail(err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	app := handlers.NewApp(dcontext.WithVersion(context.Background(), version.Version), config)
	fmt.Println(listener.Addr().String()) // whoever started this reads where it answers
	fail(http.Serve(listener, app))
}
