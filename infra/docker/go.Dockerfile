# The Go drop-ins: one static binary per image. Build with --build-arg SERVICE=stock-query.
FROM golang:1.26-bookworm AS build
ARG SERVICE
WORKDIR /src
COPY services/go/go.mod services/go/go.sum ./
RUN go mod download
COPY services/go .
RUN CGO_ENABLED=0 go build -trimpath -o /out/service ./cmd/${SERVICE}

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/service /service
ENTRYPOINT ["/service"]
