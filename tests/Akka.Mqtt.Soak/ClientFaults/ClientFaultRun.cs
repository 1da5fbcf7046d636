using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;

namespace Akka.Mqtt.Soak.ClientFaults;

/// <summary>Runs many schedules side by side. Schedule n of seed s is schedule 0 of seed s + n, so that one alone can be replayed.</summary>
internal static class ClientFaultRun
{
    public static async Task<int> RunAsync(int schedules, int seed, string server, int parallel, string logLevel, string? traces)
    {
        if (traces is not null)
            Directory.CreateDirectory(traces);
        await using var host = await FaultServer.StartAsync(server);
        using var system = ActorSystem.Create("clients", ConfigurationFactory.ParseString(
            $"akka.loglevel = {logLevel}\nakka.log-dead-letters = off\nakka.mqtt.connection.close-timeout = 500ms"));
        var names = new ConcurrentBag<string>(Enumerable.Range(0, parallel).Select(number => $"{number}-"));
        var (done, connections, faults, spoiled) = (0, 0, 0, 0);
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            Enumerable.Range(seed, schedules),
            new ParallelOptions { MaxDegreeOfParallelism = parallel },
            async (number, _) =>
            {
                names.TryTake(out var name);
                var (fault, count) = await Schedule.RunAsync(system, host.Address, host.Traits, number, name!, TimeSpan.FromMinutes(2), traces);
                Interlocked.Add(ref connections, count);
                if (fault is not null)
                {
                    Interlocked.Increment(ref faults);
                    Console.WriteLine($"FAULT seed {number}: {fault}");
                    name = $"x{Interlocked.Increment(ref spoiled)}-"; // what is left of the session must not spoil the next one
                }
                names.Add(name!);
                if (Interlocked.Increment(ref done) % 1000 == 0)
                    Console.WriteLine($"{done} schedules, {connections} connections, {faults} faults, {clock.Elapsed.TotalSeconds:0} s");
            });
        Console.WriteLine($"{schedules} schedules from seed {seed} against {server}: {connections} connections, {faults} faults, {clock.Elapsed.TotalSeconds:0} s");
        await system.Terminate();
        return faults == 0 ? 0 : 1;
    }
}
