package reasons

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	errorsv1 "flashdeal/gen/flashdeal/errors/v1"
)

// Violation is one thing that is wrong with one field of the request.
type Violation struct {
	// Field is its path in proto names: `lines[0].quantity`.
	Field string
	// Description says what to do about it.
	Description string
}

// Error is an error that names a reason. It is safe for concurrent use.
type Error struct {
	// Reason is as it stands in ErrorInfo.reason: `SOLD_OUT`.
	Reason string
	// Cause is for the log and never sent. It may be nil.
	Cause  error
	status *status.Status
}

// Option adds to an error.
type Option func(*options)

type options struct {
	metadata   map[string]string
	violations []Violation
	retryAfter time.Duration
	cause      error
}

// Metadata is what the contract promises for the reason, and never anything secret.
func Metadata(metadata map[string]string) Option { return func(o *options) { o.metadata = metadata } }

// Violations becomes BadRequest.field_violations.
func Violations(violations []Violation) Option { return func(o *options) { o.violations = violations } }

// RetryAfter becomes RetryInfo.retry_delay.
func RetryAfter(delay time.Duration) Option { return func(o *options) { o.retryAfter = delay } }

// Cause is kept for the log.
func Cause(err error) Option { return func(o *options) { o.cause = err } }

// New makes an error with a reason of the contract. `message` is for developers, in English.
func New(reason errorsv1.ErrorReason, message string, with ...Option) *Error {
	var o options
	for _, apply := range with {
		apply(&o)
	}
	policy := policies[reason]
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: policy.name, Domain: Domain, Metadata: o.metadata}}
	if len(o.violations) > 0 {
		bad := &errdetails.BadRequest{}
		for _, violation := range o.violations {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: violation.Field, Description: violation.Description})
		}
		details = append(details, bad)
	}
	if o.retryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(o.retryAfter)})
	}
	made, err := status.New(policy.code, message).WithDetails(details...)
	if err != nil {
		panic(err) // The details are our own messages and always encode.
	}
	return &Error{Reason: policy.name, Cause: o.cause, status: made}
}

// Error says the reason and the message.
func (e *Error) Error() string { return e.Reason + ": " + e.status.Message() }

// Unwrap answers the cause.
func (e *Error) Unwrap() error { return e.Cause }

// GRPCStatus is what grpc-go sends.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// Complete makes whatever a handler returned fit to leave: errors that name a reason pass; the end of a call's context says so;
// a status gets the generic reason of its code; anything else becomes INTERNAL_ERROR without a word of the original text.
func Complete(err error) *Error {
	var own *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return own
	case errors.Is(err, context.DeadlineExceeded):
		return New(errorsv1.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED, "The call did not finish before its deadline.")
	case errors.Is(err, context.Canceled):
		return New(errorsv1.ErrorReason_ERROR_REASON_CALL_CANCELLED, "The caller went away before the call finished.")
	}
	if foreign, ok := status.FromError(err); ok {
		if reason, known := generic[foreign.Code()]; known {
			return withCode(reason, foreign)
		}
	}
	return Internal(err)
}

// withCode keeps the code of a foreign status, which the reason's own may differ from.
func withCode(reason errorsv1.ErrorReason, foreign *status.Status) *Error {
	made := New(reason, foreign.Message())
	proto := made.status.Proto()
	proto.Code = int32(foreign.Code())
	made.status = status.FromProto(proto)
	return made
}

// Internal tells the caller nothing but that the log knows more.
func Internal(cause error) *Error {
	return New(errorsv1.ErrorReason_ERROR_REASON_INTERNAL_ERROR, "The server failed. Its log holds the cause.", Cause(cause))
}

// Code answers the gRPC code of the error.
func (e *Error) Code() codes.Code { return e.status.Code() }
