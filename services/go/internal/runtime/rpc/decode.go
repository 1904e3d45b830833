package rpc

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // Registers the codec that ours wraps.
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	errorsv1 "flashdeal/gen/flashdeal/errors/v1"
	"flashdeal/internal/runtime/reasons"
)

// incoming is a request on its way through the codec. grpc-go turns what a codec returns into INTERNAL without details, so the
// codec leaves its verdict here instead, for the interceptor-like wrappers below to return.
type incoming struct {
	message proto.Message
	err     error
}

// codec is grpc-go's protobuf codec with two errors of the contract: REQUEST_TOO_LARGE and MALFORMED_REQUEST.
type codec struct {
	encoding.CodecV2
	maxBytes int
}

func newCodec(maxBytes int) codec {
	return codec{encoding.GetCodecV2("proto"), maxBytes}
}

// Unmarshal reads a request into an *incoming, and any other message as the inner codec does.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	in, ours := v.(*incoming)
	if !ours {
		return c.CodecV2.Unmarshal(data, v)
	}
	if data.Len() > c.maxBytes {
		in.err = reasons.New(errorsv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE, fmt.Sprintf("The request is larger than %d bytes.", c.maxBytes),
			reasons.Metadata(map[string]string{"max_bytes": strconv.Itoa(c.maxBytes)}))
		return nil
	}
	if err := c.CodecV2.Unmarshal(data, in.message); err != nil {
		in.err = reasons.New(errorsv1.ErrorReason_ERROR_REASON_MALFORMED_REQUEST,
			fmt.Sprintf("The request is not a readable %s.", in.message.ProtoReflect().Descriptor().FullName()), reasons.Cause(err))
	}
	return nil
}

// ownErrors makes the unary methods of a service read their requests as *incoming. Streams do so through serverStream.RecvMsg.
func ownErrors(desc *grpc.ServiceDesc) *grpc.ServiceDesc {
	own := *desc
	own.Methods = make([]grpc.MethodDesc, len(desc.Methods))
	for i, method := range desc.Methods {
		inner := method.Handler
		method.Handler = func(service any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
			return inner(service, ctx, func(v any) error { return receive(v, decode) }, interceptor)
		}
		own.Methods[i] = method
	}
	return &own
}

func receive(v any, decode func(any) error) error {
	message, ok := v.(proto.Message)
	if !ok {
		return decode(v)
	}
	in := incoming{message: message}
	if err := decode(&in); err != nil {
		return err
	}
	return in.err
}
