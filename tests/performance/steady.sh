#!/usr/bin/env bash
# A long time at a part of the peak: finds what the server can carry in open loop, then sends 70 % of it and looks at the memory of the server all the time. Writes a
# Markdown table of medians to stdout, says whether memory stayed flat, and ends with 1 if it did not. Needs the .NET SDK, mosquitto_sub and Linux with
# two cores.
#
#   MINUTES=30 tests/performance/steady.sh > table.md
#
# Environment, beside that of lib.sh (CLI, BASE_PORT, GENERATOR …):
#   MINUTES=30
#   SHARE=70                  percent of the peak
#   LOAD="pair --pubs 10"     the load, options of `akka-mqtt bench`; PEAK_WINDOW=500 to find the peak of the closed loop
#   SAMPLE=5                  seconds between looks
#   ROWS=10                   of the table
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/performance/lib.sh
MINUTES=${MINUTES:-30}
SHARE=${SHARE:-70}
LOAD=${LOAD:-pair --pubs 10}
PEAK_WINDOW=${PEAK_WINDOW:-500}
SAMPLE=${SAMPLE:-5}
ROWS=${ROWS:-10}
need dotnet taskset mosquitto_sub

read -ra load <<< "$LOAD"
start_server --set sys-interval=1s
echo "looking for the peak" >&2
generate "${load[@]}" --window "$PEAK_WINDOW" --warmup 0 --seconds 6 > /dev/null
peak=$(field "$(generate "${load[@]}" --window "$PEAK_WINDOW" --warmup 2 --seconds 8)" received_per_s delivered_per_s)
[[ -n $peak ]] || { echo "steady.sh: no peak: $(tail -n 1 "$work/bench.err")" >&2; exit 1; }
# Open loop comes in smaller pieces and carries less: what arrives of as much as the closed loop had.
closed=$peak
open=$(field "$(generate "${load[@]}" --rate "${closed%.*}" --window 100000 --warmup 2 --seconds 8)" received_per_s delivered_per_s)
peak=$(awk -v c="$closed" -v o="${open:-0}" 'BEGIN { printf "%d", o < c ? o : c }')
((peak > 0)) || { echo "steady.sh: nothing arrives in open loop" >&2; exit 1; }
rate=$(awk -v p="$peak" -v s="$SHARE" 'BEGIN { printf "%d", p * s / 100 }')
echo "$MINUTES minutes at $rate messages a second, $SHARE % of $peak in open loop ($closed in closed loop)" >&2

seconds=$((MINUTES * 60))
generate "${load[@]}" --rate "$rate" --window 100000 --warmup 5 --seconds "$seconds" > "$work/steady.json" &
run=$!
sleep 5
ticks=$(getconf CLK_TCK)
cpu() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }
last=$(cpu)
began=$EPOCHREALTIME
then=$began
while kill -0 "$run" 2> /dev/null; do
    sleep "$SAMPLE"
    now=$EPOCHREALTIME
    used=$(cpu)
    # second, CPU %, resident MiB, heap MiB, gen 2 MiB after its last collection, collections of gen 2
    echo "$(awk -v a="$began" -v b="$then" -v c="$now" -v u="$((used - last))" -v t="$ticks" 'BEGIN { printf "%d %d", c - a, u / t / (c - b) * 100 }')" \
        "$(resident_mb) $(($(sys heap/current) >> 20)) $(($(sys heap/gen2/bytes) >> 20)) $(sys heap/gen2/collections)" >> "$work/samples"
    last=$used
    then=$now
done
wait "$run" || true
json=$(< "$work/steady.json")

echo "$LOAD, open loop at $rate messages a second ($SHARE % of the peak of the open loop, $peak; $closed in closed loop), $MINUTES minutes; medians of samples every $SAMPLE s:"
echo
echo "| until minute | CPU % | resident MiB | heap MiB | gen 2 MiB | gen-2 collections so far |"
echo "| ---: | ---: | ---: | ---: | ---: | ---: |"
count=$(wc -l < "$work/samples")
part() { # column, first line, last line
    sed -n "$2,$3p" "$work/samples" | cut -d ' ' -f "$1" | median
}
for ((each = 0; each < ROWS; each++)); do
    first=$((each * count / ROWS + 1))
    end=$(((each + 1) * count / ROWS))
    ((end >= first)) || continue
    minute=$(awk -v s="$(sed -n "${end}p" "$work/samples" | cut -d ' ' -f 1)" 'BEGIN { printf "%.1f", s / 60 }')
    echo "| $minute | $(part 2 $first $end) | $(part 3 $first $end) | $(part 4 $first $end) | $(part 5 $first $end) | $(sed -n "${end}p" "$work/samples" | cut -d ' ' -f 6) |"
done
echo
echo "Delivered: $(field "$json" received_per_s delivered_per_s) messages a second, lost $(field "$json" lost), p50 $(field "$json" p50) µs, p99 $(field "$json" p99) µs;" \
    "server $(field "$json" server_cpu_us_per_message broker_cpu_us_per_msg) µs of CPU a message."

# The second quarter against the last one: the first is for the server to reach its size.
flat=yes
for column in 3 5; do
    early=$(part $column $((count / 4 + 1)) $((count / 2)))
    late=$(part $column $((count * 3 / 4 + 1)) "$count")
    ((late <= early + early / 10 + 8)) || flat=no
    echo "$([[ $column == 3 ]] && echo "Resident" || echo "Gen 2"): $early MiB in the second quarter, $late MiB in the last."
done
[[ $flat == yes ]] && echo "Flat: neither grew by more than a tenth and 8 MiB." || { echo "Not flat: one grew by more than a tenth and 8 MiB."; exit 1; }
