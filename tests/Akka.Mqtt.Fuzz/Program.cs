using System.Diagnostics;
using System.Globalization;
using Akka.Mqtt.Fuzz;
using Akka.Mqtt.Protocol;

// dotnet run -c Release --project tests/Akka.Mqtt.Fuzz -- --inputs 10000000 --seed 1
long inputs = 1_000_000;
var seed = 1;
for (var at = 0; at + 1 < args.Length; at += 2)
{
    if (args[at] == "--inputs")
        inputs = long.Parse(args[at + 1], CultureInfo.InvariantCulture);
    else if (args[at] == "--seed")
        seed = int.Parse(args[at + 1], CultureInfo.InvariantCulture);
}

var mutator = new Mutator(seed);
var checks = new Checks();
var clock = Stopwatch.StartNew();
long bytes = 0;

// Processor time, not wall time: a fuzzer shares its machine, and being scheduled away is no property of an input. What remains beside the
// codec are compilation and collections, and the clock's own grain, which the operating system sets.
var slowest = TimeSpan.Zero;
for (long run = 0; run < inputs; run++)
{
    var input = mutator.Next(out var version);
    MqttRole? role = mutator.Below(3) switch { 0 => MqttRole.Client, 1 => MqttRole.Server, _ => null };
    bytes += input.Length;
    var started = Environment.CpuUsage.TotalTime;
    try
    {
        checks.Run(input, version, role, mutator);
    }
#pragma warning disable CA1031 // whatever escapes is the finding
    catch (Exception problem)
#pragma warning restore CA1031
    {
        Console.WriteLine($"FAILED input {run} of seed {seed}, {version}, receiver {role?.ToString() ?? "any"}: {Convert.ToHexStringLower(input)}");
        Console.WriteLine(problem);
        return 1;
    }

    var took = Environment.CpuUsage.TotalTime - started;
    slowest = took > slowest ? took : slowest;
}

Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"fuzz: {inputs} inputs, {bytes} bytes, seed {seed}: no failure; {checks.Accepted} packets accepted, {checks.Refused} inputs refused, "
    + $"{checks.Incomplete} incomplete; worst allocation {checks.WorstAllocation:P0} of the limit ({Checks.AllocationPerInput} + "
    + $"{Checks.AllocationPerByte} per input byte); slowest input {slowest.TotalMilliseconds:F1} ms of processor time; {clock.Elapsed.TotalSeconds:F0} s"));
return 0;
