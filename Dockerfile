# akka-mqtt serve, on a base image without a shell, as a user without rights. Sessions and retained messages are in the volume /data.
#   docker build -t akka-mqtt .
#   docker run -p 1883:1883 -v mqtt-data:/data akka-mqtt
# Clients of other machines need a user, or --set allow-anonymous=on: docs/releasing.md.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG TARGETARCH
WORKDIR /source
COPY . .
RUN dotnet publish src/Akka.Mqtt.Cli -c Release -a $TARGETARCH --self-contained -o /app
RUN mkdir /data

FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
COPY --from=build /app /app
COPY --from=build --chown=$APP_UID /data /data
USER $APP_UID
EXPOSE 1883
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s CMD ["/app/akka-mqtt", "ping", "mqtt://127.0.0.1:1883"]
ENTRYPOINT ["/app/akka-mqtt"]
CMD ["serve", "--host", "*", "--data", "/data"]
