#!/usr/bin/env bash
# Compares `akka-mqtt serve` with mosquitto, MQTTnet's server and FlashMQ, and writes a Markdown table to stdout. Needs the .NET SDK, mosquitto,
# openssl and Linux with two cores: servers run on core 0, one at a time under load, the generator on core 1. Progress goes to stderr.
#
#   tests/performance/compare.sh > table.md
#
# Environment:
#   SERVERS="mosquitto ours mqttnet"  which servers; flashmq too, if FLASHMQ names its program
#   WORKLOADS=REGEX                   only workloads whose name matches, for example 'pair 1' or 'idle'
#   SECONDS_PER_RUN=4                 seconds measured, after WARMUP=1
#   RUNS=1                            runs of each workload and server, in turn; the one with the median CPU counts
#   SERVER_WARMUP=10                  seconds of load before anything is measured, for servers that compile themselves
#   CONNECTIONS=10000                 idle connections
#   BASE_PORT=31883                   the servers take this port and the next eleven
#   GENERATOR=FILE                    another generator on core 1: a program with the options and the JSON of mqttload; not for TLS and WebSocket
#   SERVER_CORE=0 GENERATOR_CORE=1
set -euo pipefail
cd "$(dirname "$0")/../.."

SERVERS=${SERVERS:-mosquitto ours mqttnet}
WORKLOADS=${WORKLOADS:-.}
SECONDS_PER_RUN=${SECONDS_PER_RUN:-4}
WARMUP=${WARMUP:-1}
RUNS=${RUNS:-1}
SERVER_WARMUP=${SERVER_WARMUP:-10}
CONNECTIONS=${CONNECTIONS:-10000}
BASE_PORT=${BASE_PORT:-31883}
GENERATOR=${GENERATOR:-}
FLASHMQ=${FLASHMQ:-}
SERVER_CORE=${SERVER_CORE:-0}
GENERATOR_CORE=${GENERATOR_CORE:-1}
ulimit -n "$(ulimit -Hn)"

for tool in dotnet taskset openssl $(grep -ow mosquitto <<<"$SERVERS" || true); do
    command -v "$tool" > /dev/null || { echo "compare.sh: $tool is not installed." >&2; exit 2; }
done
work=$(mktemp -d)
# Each server has three ports: TCP, TLS (4 above it) and WebSocket (8 above it).
declare -A pid port=([mosquitto]=$BASE_PORT [ours]=$((BASE_PORT + 1)) [mqttnet]=$((BASE_PORT + 2)) [flashmq]=$((BASE_PORT + 3)))
declare -A title=([mosquitto]=mosquitto [ours]="akka-mqtt" [mqttnet]=MQTTnet.Server [flashmq]=FlashMQ)

stop() { # server: only what this script started, by its id
    [[ -n ${pid[$1]:-} ]] || return 0
    kill "${pid[$1]}" 2> /dev/null || true
    wait "${pid[$1]}" 2> /dev/null || true
    pid[$1]=
}
finish() {
    for server in $SERVERS; do stop "$server"; done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

echo "publishing" >&2
dotnet publish src/Akka.Mqtt.Cli -c Release -o "$work/cli" -v quiet >&2
[[ $SERVERS != *mqttnet* ]] || dotnet publish tests/performance/MqttNetServer -c Release -o "$work/mqttnet" -v quiet >&2
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -keyout "$work/key.pem" -out "$work/cert.pem" 2> /dev/null
chmod go+r "$work/key.pem" && chmod go+rx "$work" # mosquitto gives up its rights
cat > "$work/mosquitto.conf" <<EOF
allow_anonymous true
max_queued_messages 0
max_inflight_messages 0
set_tcp_nodelay true
listener ${port[mosquitto]} 127.0.0.1
listener $((port[mosquitto] + 4)) 127.0.0.1
certfile $work/cert.pem
keyfile $work/key.pem
listener $((port[mosquitto] + 8)) 127.0.0.1
protocol websockets
EOF
{
    printf 'allow_anonymous true\nthread_count 1\nmax_packet_size 16777216\nclient_max_write_buffer_size 67108864\n'
    printf 'listen {\n port %s\n protocol mqtt\n inet4_bind_address 127.0.0.1\n}\n' "${port[flashmq]}"
    printf 'listen {\n port %s\n protocol mqtt\n inet4_bind_address 127.0.0.1\n fullchain %s\n privkey %s\n}\n' \
        "$((port[flashmq] + 4))" "$work/cert.pem" "$work/key.pem"
    printf 'listen {\n port %s\n protocol websockets\n inet4_bind_address 127.0.0.1\n}\n' "$((port[flashmq] + 8))"
} > "$work/flashmq.conf"

start() { # server: on its core, and waits until it listens
    case $1 in
        mosquitto) set -- "$1" mosquitto -c "$work/mosquitto.conf" ;;
        ours)
            set -- "$1" "$work/cli/akka-mqtt" serve --port "${port[ours]}" --ws-port "$((port[ours] + 8))" \
                --tls-port "$((port[ours] + 4))" --cert "$work/cert.pem" --key "$work/key.pem"
            ;;
        mqttnet) set -- "$1" "$work/mqttnet/MqttNetServer" "${port[mqttnet]}" ;;
        flashmq) set -- "$1" "$FLASHMQ" -c "$work/flashmq.conf" ;;
        *) echo "compare.sh: $1 is none of mosquitto, ours, mqttnet, flashmq." >&2; exit 2 ;;
    esac
    taskset -c "$SERVER_CORE" "${@:2}" > "$work/$1.out" 2> "$work/$1.err" &
    pid[$1]=$!
    for ((i = 0; i < 300; i++)); do
        kill -0 "${pid[$1]}" 2> /dev/null || break
        if (: < "/dev/tcp/127.0.0.1/${port[$1]}") 2> /dev/null; then return; fi
        sleep 0.1
    done
    echo "compare.sh: ${title[$1]} did not start: $(tail -n 1 "$work/$1.err")" >&2
    exit 1
}

# Options of `akka-mqtt bench`, which are those of mqttload but for the mode, --protocol 5 and --seconds.
options() {
    local words word
    read -ra words <<<"$2"
    if [[ $2 == *"--via tls"* ]]; then
        set -- bench "${words[@]/#--via/--insecure}" --pid "${pid[$1]}" "mqtts://127.0.0.1:$((port[$1] + 4))"
    elif [[ $2 == *"--via ws"* ]]; then
        set -- bench "${words[@]/#--via/}" --pid "${pid[$1]}" "ws://127.0.0.1:$((port[$1] + 8))/mqtt"
    elif [[ -z $GENERATOR ]]; then
        set -- bench "${words[@]}" --pid "${pid[$1]}" "mqtt://127.0.0.1:${port[$1]}"
    else
        set -- --mode "${words[@]}" --port "${port[$1]}" --pid "${pid[$1]}"
        set -- "${@/#--seconds/--secs}"
        set -- "${@/#--protocol/--ver}"
        # Its pairs need to be told of their subscribers.
        if [[ $2 == pair && $* =~ --pubs\ ([0-9]+) ]]; then set -- "$@" --subs "${BASH_REMATCH[1]}"; fi
    fi
    for word in "$@"; do # what --via said is in the address
        case $word in "" | tls | ws) ;; *) printf '%s\n' "$word" ;; esac
    done
}

generate() { # server, options: the line of JSON, or what went wrong
    local command=()
    if [[ $1 == mqttnet && $2 == *--via* ]]; then return; fi # it is measured over TCP only
    mapfile -t command < <(options "$1" "$2")
    local program="${GENERATOR:-$work/cli/akka-mqtt}"
    [[ ${command[0]} != bench ]] || program=$work/cli/akka-mqtt
    # One core: no other thread compiles meanwhile, and a thread that spins takes the time of those it waits for.
    DOTNET_TieredCompilation=0 DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0 timeout 180 \
        taskset -c "$GENERATOR_CORE" "$program" "${command[@]}" 2>&1 | tail -n 1 || true
}

field() { # names…: the value of the first one that is there
    local name
    for name in "$@"; do
        if [[ $json =~ \"$name\":(-?[0-9.]+) ]]; then echo "${BASH_REMATCH[1]}"; return; fi
    done
}

show() { # number: three digits that count
    [[ -n $1 ]] || { echo "–"; return; }
    awk -v n="$1" 'BEGIN {
        if (n >= 100) { s = sprintf("%.0f", n); while (match(s, /[0-9][0-9][0-9][0-9]($|,)/)) s = substr(s, 1, RSTART) "," substr(s, RSTART + 1) }
        else s = sprintf(n >= 10 ? "%.1f" : n >= 1 ? "%.2f" : "%.3f", n)
        print s }'
}

declare -A cpu rate note result
measure() { # name, options, key of the figure that RUNS are sorted by, which may be missing
    local name=$1 options=$2 server run key
    shift 2
    [[ $name =~ $WORKLOADS ]] || return 1
    rm -f "$work"/run.*
    for ((run = 1; run <= RUNS; run++)); do
        for server in $SERVERS; do
            echo "$name: ${title[$server]}, run $run" >&2
            [[ ${FRESH:-} != yes ]] || { stop "$server"; start "$server"; }
            json=$(generate "$server" "$options")
            [[ $json == {* ]] || echo "$name: ${title[$server]}: $json" >&2
            key=$(field "$@")
            printf '%s\t%s\n' "${key:-999999999}" "$json" >> "$work/run.$server"
        done
    done
    for server in $SERVERS; do
        result[$server]=$(sort -n "$work/run.$server" | sed -n "$(((RUNS + 1) / 2))p" | cut -f 2-)
    done
}

ratio() { # mosquitto, ours
    if [[ -n $1 && -n $2 ]] && awk -v b="$2" 'BEGIN { exit b <= 0 }'; then show "$(awk -v a="$1" -v b="$2" 'BEGIN { print a / b }')"; else echo "–"; fi
}

row() { # name, options
    measure "$1" "$2 --seconds $SECONDS_PER_RUN --warmup $WARMUP" server_cpu_us_per_message broker_cpu_us_per_msg || return 0
    local line="| $1" cells="" server lost cpu_mosquitto="" cpu_ours=""
    for server in $SERVERS; do
        json=${result[$server]}
        local cost latency=""
        cost=$(field server_cpu_us_per_message broker_cpu_us_per_msg)
        [[ $server != mosquitto ]] || cpu_mosquitto=$cost
        [[ $server != ours ]] || cpu_ours=$cost
        line+=" | $(show "$cost")"
        lost=$(field lost)
        cells+=" | $(show "$(field received_per_s delivered_per_s)")"
        [[ ${lost:-0} == 0 ]] || cells+=" (lost $(show "$lost"))"
        if [[ $2 == *--rate* || $2 == *"--window 1" ]]; then latency="$(show "$(field p50)") / $(show "$(field p99)")"; fi
        cells+=" | $latency"
    done
    echo "$line | $(ratio "$cpu_mosquitto" "$cpu_ours")$cells |"
}

idle_row() { # name, format of values, key…
    local name=$1 unit=$2 server line mosquitto="" ours="" value
    shift 2
    line="| $name"
    for server in $SERVERS; do
        json=${result[$server]}
        value=$(field "$@")
        [[ $server != mosquitto ]] || mosquitto=$value
        [[ $server != ours ]] || ours=$value
        line+=" | $(show "$value")"
    done
    if [[ $unit == more ]]; then echo "$line | $(ratio "$ours" "$mosquitto") |"; else echo "$line | $(ratio "$mosquitto" "$ours") |"; fi
}

heading() { # first column, then a column a server, the ratio, and two more a server unless told otherwise
    local line="| $1" rule="| ---" server
    for server in $SERVERS; do line+=" | ${title[$server]}$2"; rule+=" | ---:"; done
    line+=" | mosquitto ÷ akka-mqtt"; rule+=" | ---:"
    if [[ -n ${3:-} ]]; then
        for server in $SERVERS; do line+=" | ${title[$server]}: messages/s | p50 / p99 µs"; rule+=" | ---: | ---:"; done
    fi
    printf '%s |\n%s |\n' "$line" "$rule"
}

for server in $SERVERS; do start "$server"; done
for server in $SERVERS; do
    [[ $SERVER_WARMUP != 0 ]] || break
    echo "warming up ${title[$server]}" >&2
    half=$(((SERVER_WARMUP + 1) / 2))
    generate "$server" "pair --pubs 10 --window 500 --warmup 0 --seconds $half" > /dev/null
    generate "$server" "pair --pubs 10 --qos 1 --window 200 --warmup 0 --seconds $half" > /dev/null
done

commit=$(git rev-parse --short HEAD 2> /dev/null || echo unknown)
echo "Machine: $(nproc) × $(lscpu | sed -n 's/^Model name: *//p'), Linux $(uname -r), .NET $(dotnet --list-runtimes | sed -n 's/^Microsoft.NETCore.App \([^ ]*\).*/\1/p' | tail -n 1)."
versions="akka-mqtt at $commit"
[[ $SERVERS != *mosquitto* ]] || versions+=", $({ mosquitto -h || true; } | sed -n '1s/ version / /p')"
[[ $SERVERS != *mqttnet* ]] || versions+=", MQTTnet.Server $(sed -n 's/.*Include="MQTTnet.Server" Version="\([^"]*\)".*/\1/p' Directory.Packages.props)"
echo "Servers: $versions, each on core $SERVER_CORE; generator: ${GENERATOR:-akka-mqtt bench}${GENERATOR:+, which is not ours}, on core $GENERATOR_CORE."
echo "Command: \`RUNS=$RUNS SECONDS_PER_RUN=$SECONDS_PER_RUN tests/performance/compare.sh\`, $(date -u +%F). 64-byte payload unless said; w is the window of each publisher."
echo
echo "CPU of the server in µs a delivered message:"
echo
heading workload "" more
row "pair 1→1, QoS 0, w 2000" "pair --window 2000"
row "pair 10→10, QoS 0, w 500" "pair --pubs 10 --window 500"
row "pair 1→1, QoS 1, w 200" "pair --qos 1 --window 200"
row "pair 1→1, QoS 2, w 200" "pair --qos 2 --window 200"
row "fanout 1→50, QoS 0, w 500" "fanout --subs 50 --window 500"
row "fanout 1→50, QoS 1, w 200" "fanout --subs 50 --qos 1 --window 200"
row "fanin 50→1, QoS 0, w 200" "fanin --pubs 50 --window 200"
row "ingest, 10 publishers, QoS 1, w 200" "ingest --pubs 10 --qos 1 --window 200"
row "pair 10→10, QoS 0, 1 KB, w 500" "pair --pubs 10 --size 1024 --window 500"
row "pair 10→10, QoS 0, 16 KB, w 100" "pair --pubs 10 --size 16384 --window 100"
row "pair 10→10, QoS 0, MQTT 5, w 500" "pair --pubs 10 --window 500 --protocol 5"
row "shared group of 4, 10 publishers, QoS 0, MQTT 5, w 500" "fanin --pubs 10 --subs 4 --share --window 500 --protocol 5"
row "pair 1→1 beside 10,000 background subscribers, QoS 0, w 2000" "pair --window 2000 --bg 10000"
[[ -n $GENERATOR ]] || row "pair 10→10 through 100,000 topics, QoS 0, w 500" "pair --pubs 10 --topics 10000 --window 500"
row "open loop, 10 pairs, 10,000/s in all, QoS 0" "pair --pubs 10 --rate 10000"
row "one message under way, QoS 1, w 1" "pair --qos 1 --window 1"
row "TLS, pair 10→10, QoS 0, w 500" "pair --pubs 10 --window 500 --via tls"
row "TLS, pair 10→10, QoS 0, 1 KB, w 500" "pair --pubs 10 --size 1024 --window 500 --via tls"
row "WebSocket, pair 10→10, QoS 0, w 500" "pair --pubs 10 --window 500 --via ws"
row "WebSocket, pair 10→10, QoS 0, 1 KB, w 500" "pair --pubs 10 --size 1024 --window 500 --via ws"
if measure "connects a second" "idle --conns 5000 --seconds 1" server_cpu_us_per_connect cpu_us_per_connect; then
    echo
    heading connections ""
    idle_row "connects/s (more is better)" more connects_per_s
    idle_row "CPU of the server, µs a connect" less server_cpu_us_per_connect cpu_us_per_connect
fi
if [[ "TLS handshake" =~ $WORKLOADS ]]; then
    whole=$(awk -v s="$SECONDS_PER_RUN" 'BEGIN { print int(s) + (s > int(s)) }') # s_time takes no others
    ticks() { local fields; read -ra fields < <(sed 's/.*) //' "/proc/${pid[$1]}/stat"); echo $((fields[11] + fields[12])); }
    handshakes() { taskset -c "$GENERATOR_CORE" openssl s_time -connect "127.0.0.1:$((port[$1] + 4))" -new -time "$2" 2> /dev/null; }
    for server in $SERVERS; do
        result[$server]={}
        [[ $server != mqttnet ]] || continue
        echo "TLS handshake: ${title[$server]}" >&2
        handshakes "$server" 2 > /dev/null || true
        before=$(ticks "$server")
        count=$(handshakes "$server" "$whole" | sed -n 's/^\([0-9]*\) connections in [0-9]* real.*/\1/p') || true
        [[ -z $count ]] || result[$server]="{\"us\":$((($(ticks "$server") - before) * 1000000 / $(getconf CLK_TCK) / count))}"
    done
    idle_row "CPU of the server, µs a full TLS handshake, RSA 2048 (openssl s_time)" less us
fi
if FRESH=yes measure "idle memory" "idle --conns $CONNECTIONS --seconds 5" server_kb_per_connection kb_per_conn; then
    idle_row "resident memory of a fresh server, KiB a connection, of $CONNECTIONS" less server_kb_per_connection kb_per_conn
fi
