package stockquery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	productv1 "flashdeal/gen/flashdeal/product/v1"
	stockv1 "flashdeal/gen/flashdeal/stock/v1"
	"flashdeal/internal/runtime/config"
	"flashdeal/internal/stockquery/handler"
)

func TestRunListsEveryProblemOfTheConfiguration(t *testing.T) {
	err := Run(t.Context(), nil, []string{"NEAR_CACHE_MAX_ENTRIES=0", "READ_MODEL_URL=postgres://x"}, io.Discard, io.Discard)
	var wrong *config.Error
	if !errors.As(err, &wrong) || len(wrong.Problems) != 3 {
		t.Error(err)
	}
}

func TestRunSaysWhatCannotBeReached(t *testing.T) {
	err := Run(t.Context(), nil, []string{"NATS_URL=nats://127.0.0.1:1", "READ_MODEL_URL=redis://127.0.0.1:1"}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "READ_MODEL_URL says where it is") {
		t.Error(err)
	}
}

// lines is a log that can be read while it is written.
type lines struct {
	mutex sync.Mutex
	bytes bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.bytes.Write(line)
}

// ports waits for the line that says where the process listens.
func (l *lines) ports(t *testing.T) (grpcPort, httpPort int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		l.mutex.Lock()
		text := l.bytes.String()
		l.mutex.Unlock()
		for line := range strings.Lines(text) {
			var entry struct{ GRPCPort, HTTPPort int }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.HTTPPort != 0 {
				return entry.GRPCPort, entry.HTTPPort
			}
		}
	}
	t.Fatal("the process does not come up:\n", l.bytes.String())
	return 0, 0
}

func TestRunFromEventToAnswerAndOutAgain(t *testing.T) {
	redisURL, natsURL := os.Getenv("TEST_REDIS_URL"), os.Getenv("TEST_NATS_URL")
	if redisURL == "" || natsURL == "" {
		t.Skip("TEST_REDIS_URL and TEST_NATS_URL are not both set")
	}
	durable := fmt.Sprintf("go-run-%d", rand.Uint64())
	environment := []string{"NATS_URL=" + natsURL, "READ_MODEL_URL=" + redisURL, "PROJECTOR_DURABLE=" + durable, "GRPC_PORT=0", "HTTP_PORT=0", "GRPC_HOST=127.0.0.1", "HTTP_HOST=127.0.0.1"}
	ctx, stop := context.WithCancel(t.Context())
	log, ended := &lines{}, make(chan error, 1)
	go func() { ended <- Run(ctx, nil, environment, log, io.Discard) }()
	grpcPort, httpPort := log.ports(t)

	connection, err := nats.Connect(natsURL)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	stream, err := jetstream.New(connection)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.DeleteConsumer(context.Background(), "PRODUCT", durable) }()
	item := durable
	announce := func(version int64) {
		data, err := proto.Marshal(&productv1.StockChanged{VendorItemId: item, FulfillmentCenterId: "fc", OnHand: 100, Reserved: version, Version: version, ChangeTime: timestamppb.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Publish(t.Context(), handler.StockChanged, data); err != nil {
			t.Fatal(err)
		}
	}
	client, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", grpcPort), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	stocks := stockv1.NewStockQueryServiceClient(client)
	for version := int64(1); version <= 3; version++ {
		announce(version)
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
			answer, err := stocks.GetStock(t.Context(), &stockv1.GetStockRequest{VendorItemId: item, FulfillmentCenterId: "fc"})
			if err == nil && answer.GetStock().GetVersion() == version && answer.GetStock().GetAvailable() == 100-version {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal(answer, err)
			}
		}
	}
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": `"ready":true`, "/metrics": "stock_query_projected_total"} {
		response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s", httpPort, path))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Error(path, response.Status, err)
		}
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the process does not end")
	}
}
