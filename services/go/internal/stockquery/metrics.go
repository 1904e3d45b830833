package stockquery

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"flashdeal/internal/stockquery/store"
)

// metrics are those of services/stock-query, by the same names.
type metrics struct {
	written, notNewer prometheus.Counter
	freshness         prometheus.Histogram
	reads             [store.OutcomeStale + 1]prometheus.Counter
}

func newMetrics(registry prometheus.Registerer, openWatchers func() int) *metrics {
	projected := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "stock_query_projected_total", Help: "Announced states: written, or not newer than the read model."}, []string{"outcome"})
	freshness := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "stock_query_freshness_seconds", Help: "From the change of a stock to the moment it could be read.",
		Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60},
	})
	reads := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "stock_query_near_cache_reads_total", Help: "Keys by how they were answered."}, []string{"outcome"})
	watchers := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "stock_query_watchers", Help: "Open watches."}, func() float64 { return float64(openWatchers()) })
	registry.MustRegister(projected, freshness, reads, watchers)
	m := &metrics{written: projected.WithLabelValues("written"), notNewer: projected.WithLabelValues("not_newer"), freshness: freshness}
	for outcome, label := range map[store.Outcome]string{store.OutcomeHit: "hit", store.OutcomeMiss: "miss", store.OutcomeStale: "stale"} {
		m.reads[outcome] = reads.WithLabelValues(label)
	}
	return m
}

// Projected counts announced states.
func (m *metrics) Projected(announced, written int) {
	m.written.Add(float64(written))
	m.notNewer.Add(float64(announced - written))
}

// Freshness observes the age of a state when it could be read.
func (m *metrics) Freshness(age time.Duration) { m.freshness.Observe(age.Seconds()) }

func (m *metrics) read(outcome store.Outcome) { m.reads[outcome].Inc() }
