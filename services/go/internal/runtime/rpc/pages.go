package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const readinessTimeout = time.Second

// ReadinessCheck asks something that the process cannot do without.
type ReadinessCheck struct {
	// Name is, for example, "event bus".
	Name string
	// Check answers an error where it does not answer until the context is done.
	Check func(context.Context) error
}

// Pages is the HTTP side of a process: /healthz (alive), /readyz (its dependencies answer; 503 while it drains) and /metrics.
type Pages struct {
	server *http.Server
	log    *slog.Logger
}

// NewPages makes the pages. `serving` tells whether the process takes calls.
func NewPages(log *slog.Logger, gatherer prometheus.Gatherer, serving func() bool, checks []ReadinessCheck) *Pages {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "text/plain; charset=utf-8")
		response.Header().Set("Cache-Control", "no-store")
		_, _ = response.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", func(response http.ResponseWriter, request *http.Request) {
		report := readinessReport{Checks: map[string]string{"serving": "failed"}}
		if serving() {
			report = checkReadiness(request.Context(), log, checks)
		}
		response.Header().Set("Content-Type", "application/json")
		response.Header().Set("Cache-Control", "no-store")
		if !report.Ready {
			response.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(response).Encode(report)
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 30 * time.Second}
	return &Pages{server, log}
}

// Start listens and serves in the background. It answers the port.
func (p *Pages) Start(host string, port int) (int, error) {
	listener, err := listen("HTTP", host, port, "HTTP_PORT")
	if err != nil {
		return 0, err
	}
	go func() {
		if err := p.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("the HTTP listener failed", "err", err.Error())
		}
	}()
	return portOf(listener), nil
}

// Drain waits for running requests until the context is done.
func (p *Pages) Drain(ctx context.Context) error {
	if err := p.server.Shutdown(ctx); err != nil {
		return errors.Join(err, p.server.Close())
	}
	return nil
}

type readinessReport struct {
	Ready bool `json:"ready"`
	// Checks is "ok" or "failed" by name. Why stands in the log: the page may be open to others.
	Checks map[string]string `json:"checks"`
}

func checkReadiness(ctx context.Context, log *slog.Logger, checks []ReadinessCheck) readinessReport {
	ctx, cancel := context.WithTimeout(ctx, readinessTimeout)
	defer cancel()
	outcomes := make([]error, len(checks))
	var asked sync.WaitGroup
	for i, check := range checks {
		asked.Go(func() { outcomes[i] = check.Check(ctx) })
	}
	asked.Wait()
	report := readinessReport{Ready: true, Checks: make(map[string]string, len(checks))}
	for i, check := range checks {
		report.Checks[check.Name] = "ok"
		if outcomes[i] != nil {
			report.Ready, report.Checks[check.Name] = false, "failed"
			log.Debug("not ready", "check", check.Name, "err", outcomes[i].Error())
		}
	}
	return report
}
