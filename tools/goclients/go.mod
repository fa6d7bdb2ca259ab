module pulumi-computenest/goclients

go 1.26.0

require (
	github.com/alibabacloud-go/tea v1.1.17
	github.com/alibabacloud-go/tea-rpc v1.2.0
	github.com/alibabacloud-go/tea-utils v1.3.5
	github.com/aliyun/alibaba-cloud-sdk-go v1.62.590
	github.com/aliyun/aliyun-oss-go-sdk v2.2.9+incompatible
)

require (
	github.com/alibabacloud-go/debug v0.0.0-20190504072949-9472017b5c68 // indirect
	github.com/alibabacloud-go/tea-rpc-utils v1.1.2 // indirect
	github.com/aliyun/credentials-go v1.1.2 // indirect
	github.com/jmespath/go-jmespath v0.0.0-20180206201540-c2b33e8439af // indirect
	github.com/json-iterator/go v1.1.10 // indirect
	github.com/modern-go/concurrent v0.0.0-20180306012644-bacd9c7ef1dd // indirect
	github.com/modern-go/reflect2 v1.0.1 // indirect
	github.com/opentracing/opentracing-go v1.2.1-0.20220228012449-10b1cf09e00b // indirect
	golang.org/x/net v0.0.0-20200506145744-7e3656a0809f // indirect
	golang.org/x/time v0.16.0 // indirect
	gopkg.in/ini.v1 v1.66.2 // indirect
)
