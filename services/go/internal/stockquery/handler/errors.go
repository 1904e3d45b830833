package handler

import (
	"errors"
	"fmt"
	"time"

	errorsv1 "flashdeal/gen/flashdeal/errors/v1"
	"flashdeal/internal/runtime/reasons"
	"flashdeal/internal/stockquery/domain"
)

const retryAfter = time.Second

func stockNotFound(key domain.Key) error {
	return reasons.New(errorsv1.ErrorReason_ERROR_REASON_STOCK_NOT_FOUND, fmt.Sprintf("No stock was ever received for %s.", key))
}

func tooManyWatchers() error {
	return reasons.New(errorsv1.ErrorReason_ERROR_REASON_OVERLOADED, "Too many readers are watching.", reasons.RetryAfter(retryAfter))
}

// storeError tells whoever asked to come again where the read model is away; other errors pass.
func storeError(err error) error {
	if !errors.Is(err, domain.ErrStoreUnavailable) {
		return err
	}
	return reasons.New(errorsv1.ErrorReason_ERROR_REASON_SERVICE_UNAVAILABLE, "The read model is not reachable.", reasons.RetryAfter(retryAfter), reasons.Cause(err))
}
