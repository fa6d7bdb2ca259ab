// Deployment packages of Alibaba Cloud Compute Nest, and the images of a template they stand for
package computenest
