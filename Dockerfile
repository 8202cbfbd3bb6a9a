# The command on an empty base: no shell, no package manager, no root. `packaging/image/context` writes the folder `image`.
FROM scratch
# Set by BuildKit and Buildah: amd64 or arm64.
ARG TARGETARCH
COPY image/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY image/${TARGETARCH}/speech-endpoint /usr/bin/speech-endpoint
LABEL org.opencontainers.image.title="speech-endpoint" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.source="https://github.com/speech-endpoint/speech-endpoint"
# A number, so that Kubernetes can verify `runAsNonRoot`.
USER 65532:65532
ENTRYPOINT ["/usr/bin/speech-endpoint"]
CMD ["--help"]
