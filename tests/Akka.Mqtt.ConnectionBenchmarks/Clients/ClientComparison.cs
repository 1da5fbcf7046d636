using System.Diagnostics;
using System.Globalization;

namespace Akka.Mqtt.ConnectionBenchmarks.Clients;

/// <summary>
/// Measures our client and MQTTnet's client against the same server, alternating, each in a process of its own. A case has as many rounds as asked for, and the
/// table gives the median.
/// </summary>
internal sealed class ClientComparison(string[] servers, string[] clients, string[] directions, int[] qos, int[] sizes, double seconds, int rounds)
{
    public async Task RunAsync()
    {
        Console.WriteLine("CPU: microseconds of CPU of the client's process a message. Rate: messages a second. Medians. Ratio: CPU of mqttnet / CPU of the client.");
        foreach (var name in servers)
        {
            if (!BenchServer.Exists(name))
            {
                Console.WriteLine($"{name} is not installed.");
                continue;
            }
            Console.WriteLine($"\nserver: {name}");
            Console.WriteLine($"{"case",-24}{string.Concat(clients.Select(each => $"{$"{each} CPU",14}{"rate",10}"))}   ratio");
            foreach (var direction in directions)
            {
                foreach (var size in sizes)
                {
                    foreach (var level in qos)
                        await CompareAsync(name, direction, level, size);
                }
            }
        }
    }

    private async Task CompareAsync(string server, string direction, int level, int size)
    {
        var figures = clients.ToDictionary(name => name, _ => new List<ClientFigure>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var client in round % 2 == 0 ? clients : clients.Reverse())
            {
                using var host = await BenchServer.StartAsync(server); // a new one, as a queue that another client left would be measured too
                figures[client].Add(await MeasureAsync(new ClientCase(client, direction, level, size, host.Port, seconds)));
            }
        }
        var medians = clients.ToDictionary(name => name, name => new ClientFigure(Median(figures[name], each => each.Rate), Median(figures[name], each => each.Cpu)));
        var row = string.Concat(clients.Select(name => string.Create(CultureInfo.InvariantCulture, $"{medians[name].Cpu,14:0.00}{medians[name].Rate,10:0}")));
        var ratios = medians.TryGetValue("mqttnet", out var other)
            ? string.Join(", ", clients.Where(name => name != "mqttnet").Select(name => string.Create(CultureInfo.InvariantCulture, $"{name} {other.Cpu / medians[name].Cpu:0.0}")))
            : "";
        Console.WriteLine($"{$"{direction} QoS {level} {size} B",-24}{row}   {ratios}");
    }

    private static async Task<ClientFigure> MeasureAsync(ClientCase what)
    {
        using var process = Start(what.Command);
        if (await process.StandardOutput.ReadLineAsync() != "ready")
            throw new InvalidOperationException($"{what} did not start.");
        using var load = what.Direction == "receive" ? Start(what.Command.Replace("client-run", "client-load", StringComparison.Ordinal)) : null;
        var line = await process.StandardOutput.ReadLineAsync();
        load?.Kill();
        process.Kill();
        await process.WaitForExitAsync();
        return line is null ? throw new InvalidOperationException($"{what} printed no figure.") : ClientFigure.Parse(line);
    }

    private static Process Start(string command) =>
        Process.Start(new ProcessStartInfo(Environment.ProcessPath!, command) { RedirectStandardOutput = true, RedirectStandardInput = true })!;

    private static double Median(List<ClientFigure> figures, Func<ClientFigure, double> of)
    {
        var sorted = figures.Select(of).Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }
}
