package handler

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	stockv1 "flashdeal/gen/flashdeal/stock/v1"
	"flashdeal/internal/runtime/config"
	"flashdeal/internal/runtime/rpc"
	"flashdeal/internal/stockquery/domain"
)

const maxMessageBytes = 64 << 10

// reader is a read model of one key, "item/fc".
type reader struct {
	version atomic.Int64
	err     error
	// slow is how long an answer takes, in nanoseconds.
	slow   atomic.Int64
	panics bool
}

func (r *reader) Get(ctx context.Context, key domain.Key) (*domain.Stock, error) {
	if r.panics {
		panic("a bug")
	}
	select {
	case <-time.After(time.Duration(r.slow.Load())):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if r.err != nil || key != (domain.Key{VendorItemID: "item", FulfillmentCenterID: "fc"}) {
		return nil, r.err
	}
	return &domain.Stock{Key: key, OnHand: 10, Reserved: 3, Version: r.version.Load(), ChangeTime: time.UnixMilli(1_700_000_000_123)}, nil
}

func (r *reader) GetMany(ctx context.Context, keys []domain.Key) ([]*domain.Stock, error) {
	stocks := make([]*domain.Stock, len(keys))
	for i, key := range keys {
		stock, err := r.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		stocks[i] = stock
	}
	return stocks, nil
}

type fixture struct {
	stockv1.StockQueryServiceClient
	reader     *reader
	hub        *domain.WatchHub
	server     *rpc.Server
	connection *grpc.ClientConn
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{reader: &reader{}, hub: domain.NewWatchHub(1)}
	f.reader.version.Store(1)
	server, err := rpc.NewServer(config.Service{MaxMessageBytes: maxMessageBytes}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Register(&stockv1.StockQueryService_ServiceDesc, &Service{Reader: f.reader, Hub: f.hub, WatchRefresh: 20 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	port, err := server.Start("127.0.0.1", 0)
	if err != nil {
		t.Fatal(err)
	}
	f.connection, err = grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	f.server, f.StockQueryServiceClient = server, stockv1.NewStockQueryServiceClient(f.connection)
	t.Cleanup(func() {
		_ = f.connection.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Drain(ctx)
	})
	return f
}

// wantFailure checks the code, the one reason, and the fields of a failure.
func wantFailure(t *testing.T, err error, code codes.Code, reason string, fields ...string) {
	t.Helper()
	var reasons, violated []string
	for _, detail := range status.Convert(err).Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			reasons = append(reasons, detail.GetReason())
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				violated = append(violated, violation.GetField())
			}
		}
	}
	got, want := fmt.Sprint(status.Code(err), reasons, violated), fmt.Sprint(code, []string{reason}, fields)
	if got != want {
		t.Errorf("failed with %s, not %s: %v", got, want, err)
	}
}

var key = &stockv1.GetStockRequest{VendorItemId: "item", FulfillmentCenterId: "fc"}

func TestGetStockAnswersTheStock(t *testing.T) {
	answer, err := start(t).GetStock(t.Context(), key)
	stock := answer.GetStock()
	if err != nil || stock.GetAvailable() != 7 || stock.GetVersion() != 1 || stock.GetUpdateTime().AsTime().UnixMilli() != 1_700_000_000_123 {
		t.Error(stock, err)
	}
}

func TestGetStockFailures(t *testing.T) {
	f := start(t)
	get := func(item, centre string) error {
		_, err := f.GetStock(t.Context(), &stockv1.GetStockRequest{VendorItemId: item, FulfillmentCenterId: centre})
		return err
	}
	wantFailure(t, get("none", "fc"), codes.NotFound, "STOCK_NOT_FOUND")
	wantFailure(t, get("a/b", ""), codes.InvalidArgument, "INVALID_INPUT", "vendor_item_id", "fulfillment_center_id")
	wantFailure(t, get(strings.Repeat("a", maxMessageBytes), "fc"), codes.ResourceExhausted, "REQUEST_TOO_LARGE")
	f.reader.err = fmt.Errorf("%w: test", domain.ErrStoreUnavailable)
	wantFailure(t, get("item", "fc"), codes.Unavailable, "SERVICE_UNAVAILABLE")
	f.reader.err = io.ErrUnexpectedEOF
	wantFailure(t, get("item", "fc"), codes.Internal, "INTERNAL_ERROR")
	f.reader.panics = true
	wantFailure(t, get("item", "fc"), codes.Internal, "INTERNAL_ERROR")
}

func TestMalformedAndUnknownCallsNameAReason(t *testing.T) {
	f := start(t)
	call := func(path string) error {
		// An int32 where a string should be.
		return f.connection.Invoke(t.Context(), path, wrapperspb.Int32(7), &stockv1.GetStockResponse{})
	}
	wantFailure(t, call(stockv1.StockQueryService_GetStock_FullMethodName), codes.InvalidArgument, "INVALID_INPUT", "vendor_item_id", "fulfillment_center_id")
	wantFailure(t, call("/flashdeal.stock.v1.StockQueryService/Nothing"), codes.Unimplemented, "NOT_IMPLEMENTED")
	// Not UTF-8 where a string should be.
	err := f.connection.Invoke(t.Context(), stockv1.StockQueryService_GetStock_FullMethodName, wrapperspb.Bytes([]byte{0xff}), &stockv1.GetStockResponse{})
	wantFailure(t, err, codes.InvalidArgument, "MALFORMED_REQUEST")
}

func TestBatchGetStocksKnownInOrderUnknownApart(t *testing.T) {
	f := start(t)
	item := func(item string) *stockv1.StockKey {
		return &stockv1.StockKey{VendorItemId: item, FulfillmentCenterId: "fc"}
	}
	answer, err := f.BatchGetStocks(t.Context(), &stockv1.BatchGetStocksRequest{Keys: []*stockv1.StockKey{item("item"), item("none"), item("item")}})
	if err != nil || len(answer.GetStocks()) != 2 || len(answer.GetUnknownKeys()) != 1 || answer.GetUnknownKeys()[0].GetVendorItemId() != "none" {
		t.Error(answer, err)
	}
	batch := func(keys ...*stockv1.StockKey) error {
		_, err := f.BatchGetStocks(t.Context(), &stockv1.BatchGetStocksRequest{Keys: keys})
		return err
	}
	wantFailure(t, batch(), codes.InvalidArgument, "INVALID_INPUT", "keys")
	wantFailure(t, batch(slices.Repeat([]*stockv1.StockKey{item("item")}, 1_001)...), codes.InvalidArgument, "INVALID_INPUT", "keys")
	wantFailure(t, batch(item("item"), item("-")), codes.InvalidArgument, "INVALID_INPUT", "keys[1].vendor_item_id")
}

func TestWatchStockSendsTheStockThenChanges(t *testing.T) {
	f := start(t)
	ctx, leave := context.WithCancel(t.Context())
	stream, err := f.WatchStock(ctx, &stockv1.WatchStockRequest{VendorItemId: "item", FulfillmentCenterId: "fc"})
	if err != nil {
		t.Fatal(err)
	}
	for version := int64(1); version <= 3; version++ {
		answer, err := stream.Recv()
		if err != nil || answer.GetStock().GetVersion() != version {
			t.Fatal(answer, err)
		}
		// The second is told, the third is found when the key is read again.
		if version == 1 {
			f.hub.Publish(&domain.Stock{Key: domain.Key{VendorItemID: "item", FulfillmentCenterID: "fc"}, Version: 2})
		} else {
			f.reader.version.Store(3)
		}
	}
	second, err := f.WatchStock(t.Context(), &stockv1.WatchStockRequest{VendorItemId: "item", FulfillmentCenterId: "fc"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = second.Recv()
	wantFailure(t, err, codes.ResourceExhausted, "OVERLOADED")
	leave()
	for f.hub.Size() > 0 && t.Context().Err() == nil {
		time.Sleep(time.Millisecond)
	}
}

func TestWatchStockFailures(t *testing.T) {
	f := start(t)
	watch := func(item string) error {
		stream, err := f.WatchStock(t.Context(), &stockv1.WatchStockRequest{VendorItemId: item, FulfillmentCenterId: "fc"})
		if err != nil {
			return err
		}
		_, err = stream.Recv()
		return err
	}
	wantFailure(t, watch("none"), codes.NotFound, "STOCK_NOT_FOUND")
	wantFailure(t, watch("a/b"), codes.InvalidArgument, "INVALID_INPUT", "vendor_item_id")
}

func TestDrainEndsStreamsAndLetsCallsFinish(t *testing.T) {
	f := start(t)
	stream, err := f.WatchStock(t.Context(), &stockv1.WatchStockRequest{VendorItemId: "item", FulfillmentCenterId: "fc"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	f.reader.slow.Store(int64(100 * time.Millisecond))
	finished := make(chan error, 1)
	go func() {
		_, err := f.GetStock(t.Context(), key)
		finished <- err
	}()
	time.Sleep(30 * time.Millisecond)
	if health, err := grpc_health_v1.NewHealthClient(f.connection).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{}); err != nil || health.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Error(health, err)
	}
	begin := time.Now()
	if err := f.server.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	_, err = stream.Recv()
	wantFailure(t, err, codes.Unavailable, "SERVICE_UNAVAILABLE")
	if err := <-finished; err != nil || time.Since(begin) > time.Second {
		t.Error(err, time.Since(begin))
	}
	if f.server.Serving() {
		t.Error("a drained server says that it serves")
	}
}
