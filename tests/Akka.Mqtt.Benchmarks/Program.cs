using Akka.Mqtt.Benchmarks;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

// Not on a single processor (taskset): there the compiler does not reach tier 1 in time.
// dotnet run -c Release --project tests/Akka.Mqtt.Benchmarks -- best [name part]
if (args is ["best", ..])
{
    new CodecComparison(60, TimeSpan.FromMilliseconds(8)).Run(args.Length > 1 ? args[1] : "");
    return;
}

// dotnet run -c Release --project tests/Akka.Mqtt.Benchmarks -- --filter *Codec*
var config = DefaultConfig.Instance
    .AddJob(Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(100)).WithToolchain(InProcessEmitToolchain.Instance))
    .AddDiagnoser(MemoryDiagnoser.Default)
    .HideColumns(Column.Error, Column.StdDev, Column.RatioSD, Column.Gen0, Column.Gen1, Column.Gen2);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
