package rpc

import (
	"errors"
	"fmt"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	errorsv1 "flashdeal/gen/flashdeal/errors/v1"
	"flashdeal/internal/runtime/reasons"
)

// maxViolations is the most violations that one answer lists.
const maxViolations = 50

// descriptions says what to do, where protovalidate's own words say it less well.
var descriptions = map[string]string{
	"required":           "is required",
	"string.uuid":        "must be a UUID",
	"string.uuid_empty":  "must be a UUID",
	"string.email":       "must be an e-mail address",
	"string.email_empty": "must be an e-mail address",
	"enum.defined_only":  "must be one of the values of the contract",
}

// validate answers INVALID_INPUT with a violation per field where the request breaks the contract's buf.validate rules.
func validate(validator protovalidate.Validator, request proto.Message) error {
	err := validator.Validate(request)
	if err == nil {
		return nil
	}
	var broken *protovalidate.ValidationError
	if !errors.As(err, &broken) {
		return fmt.Errorf("the rules of %s failed: %w", request.ProtoReflect().Descriptor().FullName(), err)
	}
	violations := make([]reasons.Violation, 0, min(len(broken.Violations), maxViolations))
	for _, violation := range broken.Violations[:cap(violations)] {
		description, known := descriptions[violation.Proto.GetRuleId()]
		if !known {
			description = violation.Proto.GetMessage()
		}
		violations = append(violations, reasons.Violation{Field: protovalidate.FieldPathString(violation.Proto.GetField()), Description: description})
	}
	return reasons.New(errorsv1.ErrorReason_ERROR_REASON_INVALID_INPUT, summary(violations, len(broken.Violations)), reasons.Violations(violations))
}

func summary(violations []reasons.Violation, total int) string {
	first := violations[0]
	field := first.Field
	if field == "" {
		field = "request"
	}
	if total > 1 {
		return fmt.Sprintf("%s %s (and %d more)", field, first.Description, total-1)
	}
	return field + " " + first.Description
}
