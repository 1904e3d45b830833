// Package telemetry is what a process says about itself: its log and its metrics.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
)

// Levels beyond those of slog, for LOG_LEVEL.
const (
	levelTrace  = slog.LevelDebug - 4
	levelFatal  = slog.LevelError + 4
	levelSilent = slog.LevelError + 100
)

var levels = map[string]slog.Level{
	"silent": levelSilent, "fatal": levelFatal, "error": slog.LevelError, "warn": slog.LevelWarn,
	"info": slog.LevelInfo, "debug": slog.LevelDebug, "trace": levelTrace,
}

// NewLogger makes a structured log: one JSON object per line, with the keys that the services in TypeScript use. `level` is one of
// config.LogLevels.
func NewLogger(out io.Writer, name, level string) *slog.Logger {
	handler := slog.NewJSONHandler(out, &slog.HandlerOptions{
		Level: levels[level],
		ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
			if len(groups) > 0 {
				return attr
			}
			switch attr.Key {
			case slog.LevelKey:
				return slog.String(slog.LevelKey, strings.ToLower(attr.Value.String()))
			case slog.TimeKey:
				return slog.String(slog.TimeKey, attr.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z"))
			default:
				return attr
			}
		},
	})
	return slog.New(handler).With("name", name, "pid", os.Getpid())
}

// Enabled tells whether a line at the level would be written, so that its fields need not be made in vain.
func Enabled(log *slog.Logger, level slog.Level) bool {
	return log.Enabled(context.Background(), level)
}
