package rpc

import (
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	optionsv1 "flashdeal/gen/flashdeal/options/v1"
)

// publicMethods answers the full names (`/package.Service/Method`) of a service whose methods are all for the public.
func publicMethods(desc *grpc.ServiceDesc) ([]string, error) {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(desc.ServiceName))
	if err != nil {
		return nil, fmt.Errorf("the contract has no %s: %w", desc.ServiceName, err)
	}
	service, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is no service", desc.ServiceName)
	}
	var names []string
	for i := range service.Methods().Len() {
		method := service.Methods().Get(i)
		policy, _ := proto.GetExtension(method.Options(), optionsv1.E_Method).(*optionsv1.MethodPolicy)
		if policy.GetAccess() != optionsv1.Access_ACCESS_PUBLIC {
			return nil, fmt.Errorf("%s is not for the public, and the Go runtime checks no tokens yet", method.FullName())
		}
		names = append(names, fmt.Sprintf("/%s/%s", desc.ServiceName, method.Name()))
	}
	return names, nil
}
