// Package stockquery is the service of that name: this file is its composition root.
package stockquery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	stockv1 "flashdeal/gen/flashdeal/stock/v1"
	"flashdeal/internal/runtime/events"
	"flashdeal/internal/runtime/lifecycle"
	"flashdeal/internal/runtime/rpc"
	"flashdeal/internal/runtime/telemetry"
	"flashdeal/internal/stockquery/domain"
	"flashdeal/internal/stockquery/handler"
	"flashdeal/internal/stockquery/store"
)

// Run runs the service until the context is done, and drains it then.
func Run(ctx context.Context, _, environment []string, stdout, _ io.Writer) error {
	config, err := LoadConfig(environment)
	if err != nil {
		return err
	}
	log := telemetry.NewLogger(stdout, "stock-query", config.LogLevel)
	var stack lifecycle.Stack
	failure := start(ctx, config, log, &stack)
	if failure == nil {
		<-ctx.Done()
		log.Info("draining")
	}
	unclean := stack.Release(config.DrainTimeout)
	for _, err := range unclean {
		log.Error("unclean stop", "err", err.Error())
	}
	log.Info("stopped")
	return errors.Join(append([]error{failure}, unclean...)...)
}

// start acquires everything in order: the read model, the event bus, the subscriptions, the listeners.
func start(ctx context.Context, config Config, log *slog.Logger, stack *lifecycle.Stack) error {
	begin := time.Now()
	log.Info("this implementation keeps its read model in Redis only (READ_MODEL_URL); DATABASE_URL is not used")
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	redis, err := store.OpenRedis(config.ReadModelURL, config.ReadModelTimeout)
	if err != nil {
		return fmt.Errorf("cannot reach the read model: %w. READ_MODEL_URL says where it is", err)
	}
	stack.Push("read-model", func(context.Context) error { redis.Close(); return nil })
	bus, err := events.Connect(ctx, config.NatsURL, "stock-query", log)
	if err != nil {
		return fmt.Errorf("cannot reach the event bus: %w. NATS_URL says where it is", err)
	}
	stack.Push("event bus", bus.Close)

	hub := domain.NewWatchHub(config.MaxWatchers)
	metrics := newMetrics(registry, hub.Size)
	cache, err := store.NewNearCache(redis, store.NearCacheOptions{
		MaxEntries: config.NearCacheMaxEntries, MaxAge: config.NearCacheMaxAge, OnNewer: hub.Publish, OnRead: metrics.read,
	})
	if err != nil {
		return err
	}
	projection := handler.Projection(domain.NewProjector(redis, metrics, time.Now))
	durable := events.SubscribeOptions{Stream: events.Product, Subject: handler.StockChanged, Durable: config.ProjectorDurable, BatchSize: config.ProjectorBatchSize}
	everything := durable
	everything.Durable, everything.Ephemeral, everything.BatchSize = "stock-query-near-cache", true, nearCacheBatchSize
	if err := subscribe(ctx, bus, durable, projection, stack); err != nil {
		return err
	}
	if err := subscribe(ctx, bus, everything, handler.NearCache(cache.Put), stack); err != nil {
		return err
	}
	server, err := rpc.NewServer(config.Service, log, registry)
	if err != nil {
		return err
	}
	service := &handler.Service{Reader: cache, Hub: hub, WatchRefresh: config.WatchRefresh}
	if err := server.Register(&stockv1.StockQueryService_ServiceDesc, service); err != nil {
		return err
	}
	pages := rpc.NewPages(log, registry, server.Serving, []rpc.ReadinessCheck{{Name: "read model", Check: redis.Ping}, {Name: "event bus", Check: bus.Ping}})
	return listen(config, log, server, pages, stack, begin)
}

// nearCacheBatchSize is the most events that the near cache takes at once.
const nearCacheBatchSize = 256

func subscribe(ctx context.Context, bus *events.Bus, options events.SubscribeOptions, handle events.Handler, stack *lifecycle.Stack) error {
	subscription, err := bus.Subscribe(ctx, options, handle)
	if err != nil {
		return err
	}
	stack.Push(options.Durable, subscription.Drain)
	return nil
}

func listen(config Config, log *slog.Logger, server *rpc.Server, pages *rpc.Pages, stack *lifecycle.Stack, begin time.Time) error {
	stack.Push("http listener", pages.Drain)
	stack.Push("grpc listener", server.Drain)
	grpcPort, err := server.Start(config.GRPCHost, config.GRPCPort)
	if err != nil {
		return err
	}
	httpPort, err := pages.Start(config.HTTPHost, config.HTTPPort)
	if err != nil {
		return err
	}
	log.Info(fmt.Sprintf("stock-query is ready: gRPC on %s:%d, HTTP on %s:%d", config.GRPCHost, grpcPort, config.HTTPHost, httpPort),
		"grpcPort", grpcPort, "httpPort", httpPort, "readyMs", time.Since(begin).Milliseconds())
	return nil
}
