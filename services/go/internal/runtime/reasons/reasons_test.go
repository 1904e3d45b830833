package reasons

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	errorsv1 "flashdeal/gen/flashdeal/errors/v1"
)

func TestEveryReasonOfTheContractHasACode(t *testing.T) {
	if got, want := len(policies), len(errorsv1.ErrorReason_name)-1; got != want {
		t.Errorf("%d of %d reasons have a policy", got, want)
	}
	soldOut := policies[errorsv1.ErrorReason_ERROR_REASON_SOLD_OUT]
	if soldOut.name != "SOLD_OUT" || soldOut.code != codes.FailedPrecondition {
		t.Error(soldOut)
	}
}

func TestNewCarriesReasonViolationsAndRetry(t *testing.T) {
	err := New(errorsv1.ErrorReason_ERROR_REASON_INVALID_INPUT, "no", Metadata(map[string]string{"a": "b"}),
		Violations([]Violation{{"lines[0].quantity", "is required"}}), RetryAfter(time.Second))
	details := status.Convert(err).Details()
	if len(details) != 3 {
		t.Fatal(details)
	}
	info, _ := details[0].(*errdetails.ErrorInfo)
	bad, _ := details[1].(*errdetails.BadRequest)
	retry, _ := details[2].(*errdetails.RetryInfo)
	if info.GetReason() != "INVALID_INPUT" || info.GetDomain() != Domain || info.GetMetadata()["a"] != "b" {
		t.Error(info)
	}
	if bad.GetFieldViolations()[0].GetField() != "lines[0].quantity" || retry.GetRetryDelay().AsDuration() != time.Second {
		t.Error(bad, retry)
	}
}

func TestCompleteNamesAReasonForEverything(t *testing.T) {
	own := New(errorsv1.ErrorReason_ERROR_REASON_SOLD_OUT, "gone")
	for _, c := range []struct {
		err    error
		reason string
		code   codes.Code
	}{
		{fmt.Errorf("wrapped: %w", own), "SOLD_OUT", codes.FailedPrecondition},
		{context.Canceled, "CALL_CANCELLED", codes.Canceled},
		{fmt.Errorf("wrapped: %w", context.DeadlineExceeded), "DEADLINE_EXCEEDED", codes.DeadlineExceeded},
		{status.Error(codes.Unavailable, "away"), "SERVICE_UNAVAILABLE", codes.Unavailable},
		{status.Error(codes.OutOfRange, "far"), "INVALID_INPUT", codes.OutOfRange},
		{status.Error(codes.Unknown, "secret"), "INTERNAL_ERROR", codes.Internal},
		{errors.New("secret"), "INTERNAL_ERROR", codes.Internal},
	} {
		got := Complete(c.err)
		if got.Reason != c.reason || got.Code() != c.code {
			t.Errorf("%v became %v with %v", c.err, got, got.Code())
		}
		if got.Code() == codes.Internal && got.GRPCStatus().Message() != "The server failed. Its log holds the cause." {
			t.Error(got)
		}
	}
	if Complete(nil) != nil {
		t.Error("nil is an error")
	}
}
