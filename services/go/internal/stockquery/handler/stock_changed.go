package handler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	productv1 "flashdeal/gen/flashdeal/product/v1"
	"flashdeal/internal/runtime/events"
	"flashdeal/internal/stockquery/domain"
)

// StockChanged is the subject of the inventory's news.
var StockChanged = string((*productv1.StockChanged)(nil).ProtoReflect().Descriptor().FullName())

// Projection handles news for the read model. It fails on an event that cannot be read, so that the bus sets it aside as poison; while
// the read model is away it fails with ErrTransient, on which the bus waits and tries again.
func Projection(project domain.Projector) events.Handler {
	return func(ctx context.Context, received []events.Event) error {
		stocks := make([]*domain.Stock, len(received))
		for i, event := range received {
			stock, err := toStock(event)
			if err != nil {
				return err
			}
			stocks[i] = stock
		}
		err := project(ctx, stocks)
		if errors.Is(err, domain.ErrStoreUnavailable) {
			return fmt.Errorf("%w: %w", events.ErrTransient, err)
		}
		return err
	}
}

// NearCache handles news for this process's near cache. It skips what cannot be read: setting it aside is the projection's part.
func NearCache(put func(*domain.Stock)) events.Handler {
	return func(_ context.Context, received []events.Event) error {
		for _, event := range received {
			if stock, err := toStock(event); err == nil {
				put(stock)
			}
		}
		return nil
	}
}

// toStock fails where the payload is no StockChanged, or one that no inventory can have sent.
func toStock(event events.Event) (*domain.Stock, error) {
	if event.Subject != StockChanged {
		return nil, fmt.Errorf("expected the event %s, but got %s", StockChanged, event.Subject)
	}
	var message productv1.StockChanged
	if err := proto.Unmarshal(event.Data, &message); err != nil {
		return nil, err
	}
	if message.GetVendorItemId() == "" || message.GetFulfillmentCenterId() == "" || message.GetVersion() <= 0 || message.GetChangeTime() == nil {
		return nil, errors.New("the event lacks its key, its version or its time")
	}
	return &domain.Stock{
		Key:        domain.Key{VendorItemID: message.GetVendorItemId(), FulfillmentCenterID: message.GetFulfillmentCenterId()},
		OnHand:     message.GetOnHand(),
		Reserved:   message.GetReserved(),
		Version:    message.GetVersion(),
		ChangeTime: message.GetChangeTime().AsTime().Truncate(time.Millisecond),
	}, nil
}
