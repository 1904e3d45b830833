package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	errorsv1 "flashdeal/gen/flashdeal/errors/v1"
	"flashdeal/internal/runtime/reasons"
)

// errStopping is why a stream ends when the server drains.
var errStopping = reasons.New(errorsv1.ErrorReason_ERROR_REASON_SERVICE_UNAVAILABLE, "The server is stopping. Try again.")

// calls is what every call goes through: the contract's rules, complete errors, the access log and the metrics. It knows the
// methods of the contract; health and reflection pass untouched.
type calls struct {
	log       *slog.Logger
	validator protovalidate.Validator
	observers map[string]*observer
	// stopping is done when the server drains.
	stopping context.Context
}

func (c *calls) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (answer any, err error) {
	observer := c.observers[info.FullMethod]
	if observer == nil {
		return handler(ctx, request)
	}
	start := time.Now()
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v", fault)
		}
		if completed := reasons.Complete(err); completed != nil {
			answer, err = nil, completed
			observer.failed(ctx, c.log, completed, time.Since(start))
		} else {
			observer.succeeded(ctx, c.log, time.Since(start))
		}
	}()
	if message, ok := request.(proto.Message); ok {
		if err := validate(c.validator, message); err != nil {
			return nil, err
		}
	}
	return handler(ctx, request)
}

func (c *calls) stream(service any, inner grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	observer := c.observers[info.FullMethod]
	if observer == nil {
		return handler(service, inner)
	}
	start := time.Now()
	ctx, cancel := context.WithCancelCause(inner.Context())
	defer cancel(nil)
	defer context.AfterFunc(c.stopping, func() { cancel(errStopping) })()
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v", fault)
		}
		if errors.Is(err, context.Canceled) && errors.Is(context.Cause(ctx), errStopping) {
			err = errStopping
		}
		if completed := reasons.Complete(err); completed != nil {
			err = completed
			observer.failed(ctx, c.log, completed, time.Since(start))
		} else {
			observer.succeeded(ctx, c.log, time.Since(start))
		}
	}()
	return handler(service, &serverStream{ServerStream: inner, ctx: ctx, validator: c.validator})
}

// serverStream checks what it receives, and ends with its own context.
type serverStream struct {
	grpc.ServerStream
	ctx       context.Context
	validator protovalidate.Validator
}

// Context is done when the caller goes away, when the deadline passes, and when the server drains.
func (s *serverStream) Context() context.Context { return s.ctx }

// RecvMsg reads the next request and checks it against the contract's rules.
func (s *serverStream) RecvMsg(v any) error {
	if err := receive(v, s.ServerStream.RecvMsg); err != nil {
		return err
	}
	if message, ok := v.(proto.Message); ok {
		return validate(s.validator, message)
	}
	return nil
}
