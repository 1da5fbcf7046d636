using Akka.Mqtt.ServerBenchmarks;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

// dotnet run -c Release --project tests/Akka.Mqtt.ServerBenchmarks -- COMMAND, or BenchmarkDotNet's arguments: --filter *HotPath*
switch (args)
{
    case ["best", ..]:
        HotPath.PrintBest();
        break;
    case ["index", ..]:
        new IndexAtScale(Number(1_000_000)).Run();
        break;
    case ["overlap", ..]:
        Overlap.Run(Number(1_000));
        break;
    case ["walk", ..]:
        TopicWalk.Run(Number(100_000));
        break;
    case ["retained", ..]:
        RetainedAtScale.Run(Number(100_000));
        break;
    case ["timers", ..]:
        await TimersAtScale.RunAsync(Number(100_000));
        break;
    case ["dashboard", ..]:
        await DashboardAtScale.RunAsync(Number(100_000), args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 50_000);
        break;
    default:
        var config = DefaultConfig.Instance
            .AddJob(Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(100)).WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .HideColumns(Column.Error, Column.StdDev, Column.RatioSD, Column.Gen0, Column.Gen1, Column.Gen2);
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
        break;
}

int Number(int byDefault) => args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : byDefault;
