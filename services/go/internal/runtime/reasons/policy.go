// Package reasons makes errors as every server of Flash Deal sends them: the gRPC code comes from the contract's option on the
// reason, and exactly one google.rpc.ErrorInfo names it.
package reasons

import (
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	errorsv1 "flashdeal/gen/flashdeal/errors/v1"
	optionsv1 "flashdeal/gen/flashdeal/options/v1"
)

// Domain is ErrorInfo.domain of every error that a Flash Deal server makes.
const Domain = "flashdeal.dev"

const enumPrefix = "ERROR_REASON_"

type policy struct {
	name string
	code codes.Code
}

// policies is derived from the contract once. A reason without a code is a mistake in the contract, and fails the start.
var policies = derivePolicies()

func derivePolicies() map[errorsv1.ErrorReason]policy {
	derived := make(map[errorsv1.ErrorReason]policy)
	values := errorsv1.ErrorReason(0).Descriptor().Values()
	for i := range values.Len() {
		value := values.Get(i)
		if value.Number() == 0 {
			continue
		}
		option, _ := proto.GetExtension(value.Options(), optionsv1.E_Reason).(*optionsv1.ReasonPolicy)
		code := codes.Code(option.GetCode())
		if code == codes.OK {
			panic(string(value.Name()) + " has no code: give it the option (flashdeal.options.v1.reason) in the contract")
		}
		derived[errorsv1.ErrorReason(value.Number())] = policy{strings.TrimPrefix(string(value.Name()), enumPrefix), code}
	}
	return derived
}

// generic stands in for a missing reason, by code. Our own handlers always name theirs.
var generic = map[codes.Code]errorsv1.ErrorReason{
	codes.Canceled:           errorsv1.ErrorReason_ERROR_REASON_CALL_CANCELLED,
	codes.InvalidArgument:    errorsv1.ErrorReason_ERROR_REASON_INVALID_INPUT,
	codes.DeadlineExceeded:   errorsv1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED,
	codes.NotFound:           errorsv1.ErrorReason_ERROR_REASON_ROUTE_NOT_FOUND,
	codes.AlreadyExists:      errorsv1.ErrorReason_ERROR_REASON_WRONG_STATE,
	codes.PermissionDenied:   errorsv1.ErrorReason_ERROR_REASON_ROLE_REQUIRED,
	codes.ResourceExhausted:  errorsv1.ErrorReason_ERROR_REASON_OVERLOADED,
	codes.FailedPrecondition: errorsv1.ErrorReason_ERROR_REASON_WRONG_STATE,
	codes.Aborted:            errorsv1.ErrorReason_ERROR_REASON_REQUEST_IN_PROGRESS,
	codes.OutOfRange:         errorsv1.ErrorReason_ERROR_REASON_INVALID_INPUT,
	codes.Unimplemented:      errorsv1.ErrorReason_ERROR_REASON_NOT_IMPLEMENTED,
	codes.Unavailable:        errorsv1.ErrorReason_ERROR_REASON_SERVICE_UNAVAILABLE,
	codes.Unauthenticated:    errorsv1.ErrorReason_ERROR_REASON_TOKEN_INVALID,
}
