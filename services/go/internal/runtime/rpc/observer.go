package rpc

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"flashdeal/internal/runtime/reasons"
	"flashdeal/internal/runtime/telemetry"
)

// durationBuckets are upper bounds in seconds: fine around the objectives (50 ms, 200 ms), and up to the longest deadline.
var durationBuckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10}

// observer keeps the metrics of one method and writes one line per call: at debug, or at warn with the cause where the server is at
// fault. It never holds headers, tokens or messages.
type observer struct {
	name     string
	handled  *prometheus.CounterVec
	ok       prometheus.Counter
	byCode   sync.Map
	duration prometheus.Observer
}

// newObservers makes an observer per full method name (`/package.Service/Method`).
func newObservers(registry prometheus.Registerer, methods []string) map[string]*observer {
	handled := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rpc_server_handled_total", Help: "Calls that ended, by method and code."}, []string{"service", "method", "code"})
	durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "rpc_server_duration_seconds", Help: "How long calls took, streams to their end.", Buckets: durationBuckets}, []string{"service", "method"})
	registry.MustRegister(handled, durations)
	observers := make(map[string]*observer, len(methods))
	for _, full := range methods {
		service, method, _ := strings.Cut(strings.TrimPrefix(full, "/"), "/")
		byMethod := handled.MustCurryWith(prometheus.Labels{"service": service, "method": method})
		observers[full] = &observer{name: service + "/" + method, handled: byMethod, ok: byMethod.WithLabelValues("OK"), duration: durations.WithLabelValues(service, method)}
	}
	return observers
}

func (o *observer) succeeded(ctx context.Context, log *slog.Logger, took time.Duration) {
	o.ok.Inc()
	o.duration.Observe(took.Seconds())
	if telemetry.Enabled(log, slog.LevelDebug) {
		log.DebugContext(ctx, "call", "method", o.name, "protocol", "grpc", "code", "OK", "durationMs", milliseconds(took), "traceId", traceID(ctx))
	}
}

func (o *observer) failed(ctx context.Context, log *slog.Logger, failure *reasons.Error, took time.Duration) {
	name := code.Code(failure.Code()).String()
	counter, known := o.byCode.Load(name)
	if !known {
		counter, _ = o.byCode.LoadOrStore(name, o.handled.WithLabelValues(name))
	}
	if counter, ok := counter.(prometheus.Counter); ok {
		counter.Inc()
	}
	o.duration.Observe(took.Seconds())
	level := slog.LevelDebug
	if isServerFault(failure.Code()) {
		level = slog.LevelWarn
	}
	if !telemetry.Enabled(log, level) {
		return
	}
	fields := []any{"method", o.name, "protocol", "grpc", "code", name, "reason", failure.Reason, "durationMs", milliseconds(took), "traceId", traceID(ctx)}
	if failure.Cause != nil && level == slog.LevelWarn {
		fields = append(fields, "err", failure.Cause.Error())
	}
	log.Log(ctx, level, "call", fields...)
}

func isServerFault(code codes.Code) bool {
	return code == codes.Unknown || code == codes.Internal || code == codes.DataLoss || code == codes.Unavailable
}

func milliseconds(took time.Duration) float64 {
	return float64(took.Microseconds()) / 1_000
}

var traceparent = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}`)

// traceID answers the trace that the caller is in (W3C Trace Context), or "".
func traceID(ctx context.Context) string {
	for _, value := range metadata.ValueFromIncomingContext(ctx, "traceparent") {
		if match := traceparent.FindStringSubmatch(value); match != nil {
			return match[1]
		}
	}
	return ""
}
