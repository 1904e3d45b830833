package handler

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	productv1 "flashdeal/gen/flashdeal/product/v1"
	"flashdeal/internal/runtime/events"
	"flashdeal/internal/stockquery/domain"
)

func event(t *testing.T, message *productv1.StockChanged) events.Event {
	t.Helper()
	data, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return events.Event{Subject: "flashdeal.product.v1.StockChanged", Data: data}
}

func changed(version int64) *productv1.StockChanged {
	return &productv1.StockChanged{VendorItemId: "item", FulfillmentCenterId: "fc", OnHand: 9, Reserved: 2, Version: version, ChangeTime: timestamppb.New(time.UnixMilli(1_700_000_000_123))}
}

func TestProjectionFailsOnPoisonAndWaitsForTheStore(t *testing.T) {
	var projected []*domain.Stock
	var failure error
	handle := Projection(func(_ context.Context, stocks []*domain.Stock) error {
		projected = stocks
		return failure
	})
	if err := handle(t.Context(), []events.Event{event(t, changed(1)), event(t, changed(2))}); err != nil || len(projected) != 2 {
		t.Fatal(err, projected)
	}
	want := domain.Stock{Key: domain.Key{VendorItemID: "item", FulfillmentCenterID: "fc"}, OnHand: 9, Reserved: 2, Version: 2, ChangeTime: time.UnixMilli(1_700_000_000_123).UTC()}
	if *projected[1] != want {
		t.Error(projected[1])
	}
	for name, poison := range map[string]events.Event{
		"another subject": {Subject: "flashdeal.product.v1.DealCreated", Data: event(t, changed(1)).Data},
		"broken bytes":    {Subject: StockChanged, Data: []byte{0xff}},
		"no version":      event(t, changed(0)),
		"no key":          event(t, &productv1.StockChanged{Version: 1, ChangeTime: timestamppb.Now()}),
		"no time":         event(t, &productv1.StockChanged{VendorItemId: "a", FulfillmentCenterId: "b", Version: 1}),
	} {
		if err := handle(t.Context(), []events.Event{poison}); err == nil || errors.Is(err, events.ErrTransient) {
			t.Errorf("%s: %v", name, err)
		}
	}
	failure = domain.ErrStoreUnavailable
	if err := handle(t.Context(), []events.Event{event(t, changed(3))}); !errors.Is(err, events.ErrTransient) {
		t.Error(err)
	}
}

func TestNearCacheSkipsWhatCannotBeRead(t *testing.T) {
	var versions []int64
	handle := NearCache(func(stock *domain.Stock) { versions = append(versions, stock.Version) })
	if err := handle(t.Context(), []events.Event{event(t, changed(1)), {Subject: StockChanged, Data: []byte{0xff}}, event(t, changed(2))}); err != nil || len(versions) != 2 {
		t.Error(err, versions)
	}
}
