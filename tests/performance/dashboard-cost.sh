#!/usr/bin/env bash
# What open dashboards cost a server: its CPU with 0, 1 and 10 live streams, in turn, with idle clients and with messages flowing.
#   PROGRAM  akka-mqtt.dll, a Release build
#   CLIENTS  idle clients (10000), 20000 to each of the addresses 127.0.0.1, 127.0.0.2 and so on: a client address has ports for no more
#   RATE     messages a second of QoS 1 (5000); 0 for none
#   ROUNDS   rounds (6), each with 6 s for 0, 1 and 10 streams
# Linux, curl; file descriptors: ulimit -n has to be above CLIENTS for the server. Without these, tests/Akka.Mqtt.ServerBenchmarks -- dashboard measures 100,000 clients in memory.
set -eu
program=${PROGRAM:?the path of akka-mqtt.dll}; clients=${CLIENTS:-10000}; rate=${RATE:-5000}; rounds=${ROUNDS:-6}; port=${PORT:-18080}
work=$(mktemp -d); children=()
trap 'kill "${children[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
dotnet "$program" serve --host 0.0.0.0 --port 0 --http-port "$port" --warm-up 0 >"$work/ready" 2>"$work/log" & server=$!; children+=($server)
until grep -q ready "$work/ready"; do sleep 0.2; done
mqtt=$(cut -d' ' -f2 "$work/ready"); mqtt=${mqtt##*:}; url=mqtt://127.0.0.1:${mqtt%/}
seconds=$((rounds * 25 + 30))
for ((left = clients, at = 1; left > 0; left -= 20000, at++)); do
    dotnet "$program" bench idle --conns $((left < 20000 ? left : 20000)) --seconds "$seconds" "mqtt://127.0.0.$at:${mqtt%/}" >/dev/null 2>&1 & children+=($!)
done
until [ "$(curl -s "http://127.0.0.1:$port/api/v1/server" | grep -o '"clients":[0-9]*' | cut -d: -f2)" -ge "$clients" ]; do sleep 0.5; done
if [ "$rate" != 0 ]; then
    dotnet "$program" bench pair --pubs 10 --qos 1 --rate "$rate" --seconds "$seconds" "$url" >/dev/null 2>&1 & children+=($!)
    sleep 8
fi
ticks() { sed 's/.*) //' "/proc/$server/stat" | cut -d' ' -f12,13 | tr ' ' + | bc; }
for ((round = 1; round <= rounds; round++)); do
    line="round $round:"
    for streams in 0 1 10; do
        open=()
        for ((i = 0; i < streams; i++)); do curl -sN -o /dev/null "http://127.0.0.1:$port/api/v1/live" & open+=($!); done
        sleep 1; before=$(ticks); sleep 6; after=$(ticks)
        [ "$streams" = 0 ] || kill "${open[@]}"
        line="$line $streams streams $(echo "scale=1; ($after - $before) * 100 / $(getconf CLK_TCK) / 6" | bc) %"
    done
    echo "$line"
done
