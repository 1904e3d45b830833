package stockquery

import (
	"time"

	"flashdeal/internal/runtime/config"
)

// Config has the settings of stock-query, under the names and with the defaults of services/stock-query.
type Config struct {
	config.Service
	// ReadModelURL is where the read model is: a Redis.
	ReadModelURL string
	// ReadModelTimeout is the longest wait for an answer of it.
	ReadModelTimeout time.Duration
	// ProjectorDurable is the durable name of the projection; processes of every language that share it share the work.
	ProjectorDurable string
	// ProjectorBatchSize is the most events written at once.
	ProjectorBatchSize int
	// NearCacheMaxEntries is the most keys kept in this process.
	NearCacheMaxEntries int
	// NearCacheMaxAge: after this long without news a key is read from the read model again. 0: nothing is kept.
	NearCacheMaxAge time.Duration
	// MaxWatchers is the most watches open in this process; further ones are refused.
	MaxWatchers int
	// WatchRefresh is the longest time that a watched key is not read again, in case a message was lost.
	WatchRefresh time.Duration
}

// LoadConfig reads the settings; it answers one *config.Error that lists everything that is wrong. Settings of the other profile
// (DATABASE_URL, REDIS_URL) and of calls to other services are not read.
func LoadConfig(environment []string) (Config, error) {
	r := config.NewReader(environment)
	loaded := Config{
		Service:             config.ReadService(r, 50_064, 9_064),
		ReadModelURL:        r.URL("READ_MODEL_URL", "redis", "rediss"),
		ReadModelTimeout:    r.Duration("READ_MODEL_TIMEOUT", time.Second, time.Millisecond, time.Minute),
		ProjectorDurable:    r.Text("PROJECTOR_DURABLE", "stock-query-projector"),
		ProjectorBatchSize:  r.Integer("PROJECTOR_BATCH_SIZE", 256, 1, 10_000),
		NearCacheMaxEntries: r.Integer("NEAR_CACHE_MAX_ENTRIES", 100_000, 1, 10_000_000),
		NearCacheMaxAge:     r.Duration("NEAR_CACHE_MAX_AGE", time.Second, 0, time.Hour),
		MaxWatchers:         r.Integer("WATCH_MAX_WATCHERS", 10_000, 1, 1_000_000),
		WatchRefresh:        r.Duration("WATCH_REFRESH_INTERVAL", 5*time.Second, 10*time.Millisecond, time.Hour),
	}
	return loaded, r.Err()
}
