package config

import "time"

// LogLevels are the levels of LOG_LEVEL, from quiet to loud.
var LogLevels = []string{"silent", "fatal", "error", "warn", "info", "debug", "trace"}

// Service has the settings that every service has, under the names that all languages share.
type Service struct {
	// NatsURL is where the event bus is.
	NatsURL string
	// LogLevel is one of LogLevels.
	LogLevel string
	// DrainTimeout is the deadline of the whole stop.
	DrainTimeout time.Duration
	// GRPCHost and GRPCPort are where the rpcs are. Port 0: any free one.
	GRPCHost string
	GRPCPort int
	// HTTPHost and HTTPPort are where /healthz, /readyz and /metrics are.
	HTTPHost string
	HTTPPort int
	// MaxMessageBytes is the size of the largest request that is taken.
	MaxMessageBytes int
	// TLS is for gRPC. Empty: plain text.
	TLS TLSFiles
}

// TLSFiles has the certificates of a gRPC server, in PEM. With CA, clients must show a certificate that it signed.
type TLSFiles struct {
	Cert, Key, CA []byte
}

// Used tells whether the server is to speak TLS.
func (t TLSFiles) Used() bool { return t.Cert != nil || t.Key != nil || t.CA != nil }

// ReadService reads the settings that every service has.
func ReadService(r *Reader, grpcPort, httpPort int) Service {
	service := Service{
		NatsURL:         r.URL("NATS_URL", "nats", "tls", "ws", "wss"),
		LogLevel:        r.OneOf("LOG_LEVEL", "info", LogLevels...),
		DrainTimeout:    r.Duration("DRAIN_TIMEOUT", 15*time.Second, 100*time.Millisecond, 10*time.Minute),
		GRPCHost:        r.Text("GRPC_HOST", "0.0.0.0"),
		GRPCPort:        r.Port("GRPC_PORT", grpcPort),
		HTTPHost:        r.Text("HTTP_HOST", "0.0.0.0"),
		HTTPPort:        r.Port("HTTP_PORT", httpPort),
		MaxMessageBytes: r.Bytes("MAX_MESSAGE_BYTES", 4<<20),
		TLS: TLSFiles{
			Cert: r.File("GRPC_TLS_CERT_FILE"),
			Key:  r.File("GRPC_TLS_KEY_FILE"),
			CA:   r.File("GRPC_TLS_CA_FILE"),
		},
	}
	if service.TLS.Used() && (service.TLS.Cert == nil || service.TLS.Key == nil) {
		r.Fail("GRPC_TLS_CERT_FILE and GRPC_TLS_KEY_FILE: a TLS server needs both")
	}
	return service
}
