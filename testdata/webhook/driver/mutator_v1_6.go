//go:build v1_6

package main

import (
	"github.com/Azure/azure-workload-identity/pkg/webhook"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

func newMutator(world client.Client, scheme *runtime.Scheme, server string) (admission.Handler, error) {
	webhook.ProxyImageRegistry, webhook.ProxyImageVersion = "mcr.microsoft.com/oss/azure/workload-identity", "v1.6.0"
	return webhook.NewPodMutator(world, world, "", scheme, &rest.Config{Host: server}, "", "")
}
