// Package rpc serves rpcs: a gRPC server with health and reflection, and the HTTP pages for those who run the process.
package rpc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"buf.build/go/protovalidate"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	errorsv1 "flashdeal/gen/flashdeal/errors/v1"
	"flashdeal/internal/runtime/config"
	"flashdeal/internal/runtime/reasons"
)

const (
	// maxConcurrentStreams is how many calls run at once on one connection; more wait.
	maxConcurrentStreams = 10_000
	// hardLimitFactor times the largest message is where grpc-go itself refuses, without details; below, the codec does, with them.
	hardLimitFactor = 4
	// streamWorkersPerCore goroutines are kept for calls; a new one has to grow its stack each time, which is a tenth of a small call's
	// CPU time. Calls beyond them get goroutines of their own.
	streamWorkersPerCore = 4
	keepaliveTime        = 30 * time.Second
	keepaliveWait        = 10 * time.Second
	// minPingInterval is how often clients may ping; faster ones are sent away.
	minPingInterval = 5 * time.Second
)

// Server is a gRPC server. Register services, then Start, then Drain. Its methods are not safe for concurrent use; the calls it
// serves run concurrently.
type Server struct {
	inner    *grpc.Server
	health   *health.Server
	calls    *calls
	methods  []string
	registry prometheus.Registerer
	stop     context.CancelFunc
}

// NewServer makes a server that listens nowhere yet.
func NewServer(service config.Service, log *slog.Logger, registry prometheus.Registerer) (*Server, error) {
	validator, err := protovalidate.New()
	if err != nil {
		return nil, fmt.Errorf("cannot prepare validation: %w", err)
	}
	stopping, stop := context.WithCancel(context.Background())
	calls := &calls{log: log, validator: validator, stopping: stopping}
	options := []grpc.ServerOption{
		grpc.ForceServerCodecV2(newCodec(service.MaxMessageBytes)),
		grpc.MaxRecvMsgSize(min(service.MaxMessageBytes*hardLimitFactor, math.MaxInt32)),
		grpc.MaxSendMsgSize(math.MaxInt32),
		grpc.MaxConcurrentStreams(maxConcurrentStreams),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: keepaliveTime, Timeout: keepaliveWait}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPingInterval, PermitWithoutStream: true}),
		grpc.UnaryInterceptor(calls.unary),
		grpc.StreamInterceptor(calls.stream),
		grpc.UnknownServiceHandler(notImplemented),
		grpc.NumStreamWorkers(uint32(streamWorkersPerCore * runtime.GOMAXPROCS(0))),
	}
	if service.TLS.Used() {
		transport, err := transportCredentials(service.TLS)
		if err != nil {
			stop()
			return nil, err
		}
		options = append(options, grpc.Creds(transport))
	}
	return &Server{inner: grpc.NewServer(options...), health: health.NewServer(), calls: calls, registry: registry, stop: stop}, nil
}

// Register adds a service. It fails where the contract gives one of its methods to anybody but the public: this runtime checks no
// tokens yet, and must not serve what it cannot protect.
func (s *Server) Register(desc *grpc.ServiceDesc, implementation any) error {
	methods, err := publicMethods(desc)
	if err != nil {
		return err
	}
	s.methods = append(s.methods, methods...)
	s.inner.RegisterService(ownErrors(desc), implementation)
	s.health.SetServingStatus(desc.ServiceName, grpc_health_v1.HealthCheckResponse_SERVING)
	return nil
}

// Start listens and serves in the background. It answers the port, which matters where 0 was asked for.
func (s *Server) Start(host string, port int) (int, error) {
	s.calls.observers = newObservers(s.registry, s.methods)
	grpc_health_v1.RegisterHealthServer(s.inner, s.health)
	reflection.Register(s.inner)
	listener, err := listen("gRPC", host, port, "GRPC_PORT")
	if err != nil {
		return 0, err
	}
	go func() {
		if err := s.inner.Serve(listener); err != nil {
			s.calls.log.Error("the gRPC listener failed", "err", err.Error())
		}
	}()
	return portOf(listener), nil
}

// Serving tells whether the server takes calls, as its health says.
func (s *Server) Serving() bool {
	answer, err := s.health.Check(context.Background(), &grpc_health_v1.HealthCheckRequest{})
	return err == nil && answer.GetStatus() == grpc_health_v1.HealthCheckResponse_SERVING
}

// Drain says NOT_SERVING, ends open streams with UNAVAILABLE and waits for running calls until the context is done; then it cuts
// what is left.
func (s *Server) Drain(ctx context.Context) error {
	s.health.Shutdown()
	s.stop()
	done := make(chan struct{})
	go func() {
		s.inner.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.inner.Stop()
		return ctx.Err()
	}
}

func notImplemented(_ any, stream grpc.ServerStream) error {
	path, _ := grpc.MethodFromServerStream(stream)
	return reasons.New(errorsv1.ErrorReason_ERROR_REASON_NOT_IMPLEMENTED, fmt.Sprintf("This server does not offer %s.", path))
}

func transportCredentials(files config.TLSFiles) (credentials.TransportCredentials, error) {
	certificate, err := tls.X509KeyPair(files.Cert, files.Key)
	if err != nil {
		return nil, fmt.Errorf("GRPC_TLS_CERT_FILE and GRPC_TLS_KEY_FILE do not fit: %w", err)
	}
	settings := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if files.CA != nil {
		settings.ClientCAs = x509.NewCertPool()
		settings.ClientAuth = tls.RequireAndVerifyClientCert
		if !settings.ClientCAs.AppendCertsFromPEM(files.CA) {
			return nil, errors.New("GRPC_TLS_CA_FILE holds no certificate in PEM")
		}
	}
	return credentials.NewTLS(settings), nil
}

func listen(what, host string, port int, setting string) (net.Listener, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("Port %d for %s on %s is taken by another process. Stop that process, or set %s to another port.", port, what, host, setting) //nolint:staticcheck // Printed as it is, for people.
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen for %s on %s:%d: %w. %s sets the port", what, host, port, err, setting)
	}
	return listener, nil
}

func portOf(listener net.Listener) int {
	if address, ok := listener.Addr().(*net.TCPAddr); ok {
		return address.Port
	}
	return 0
}
