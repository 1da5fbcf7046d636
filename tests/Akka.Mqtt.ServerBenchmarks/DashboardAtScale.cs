using System.Diagnostics;
using System.Globalization;
using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Dashboard;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Akka.Mqtt.ServerBenchmarks;

/// <summary>
/// What a dashboard costs a server with very many clients: its processor time, and that of each request that looks at all of them. The clients are entries in the lists of the
/// server, as sessions make them; no connection is open, so that no limit of file descriptors counts. Messages are counted as connections count them, in batches of 16. Those who
/// watch are curl, in processes of their own. Processor time, not the clock, is measured: so other work on the machine changes little.
/// </summary>
internal static class DashboardAtScale
{
    private const int Rounds = 5;
    private const int Batch = 16;

    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(int clients, int rate)
    {
        using var system = ActorSystem.Create("dashboard", ConfigurationFactory.ParseString("akka.loglevel = OFF, akka.stdout-loglevel = OFF, akka.mqtt.server { sys-interval = off, listeners.tcp.port = 0 }"));
        await using var server = await MqttServer.StartAsync(system);
        Fill(server, clients);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var application = builder.Build();
        application.UseRouting();
        application.MapMqttDashboard("", server);
        await application.StartAsync();
        var root = application.Urls.Single();
        using var end = new CancellationTokenSource();
        var load = LoadAsync(server, rate, end.Token);

        Print($"{clients} clients, {rate} messages a second counted; percent of a core with 0, 1, 10 and 32 live streams, in turn");
        int[] streams = [0, 1, 10, 32];
        var figures = streams.ToDictionary(static each => each, static _ => new List<double>());
        for (var round = 0; round <= Rounds; round++) // the first one warms up
        {
            foreach (var count in streams)
            {
                var percent = await CostAsync(root, count);
                if (round > 0)
                    figures[count].Add(percent);
            }
        }
        foreach (var (count, all) in figures)
            Print($"{count,3} streams: median {Median(all):F2} %, {Median(all) - Median(figures[0]):F2} more than without   ({string.Join(' ', all.Select(static each => each.ToString("F2", CultureInfo.InvariantCulture)))})");

        Print($"a request, median of 20: milliseconds until it is answered, and of processor time of the server");
        using var http = new HttpClient();
        foreach (var path in (string[])["server", "nodes", "clients?limit=50", "clients?limit=50&search=client-99999", "clients/busy", "subscriptions"])
            await RequestAsync(http, $"{root}/api/v1/{path}");
        await end.CancelAsync();
        await load;
    }

    private static void Fill(MqttServer server, int clients)
    {
        var context = server.Context;
        for (var at = 0; at < clients; at++)
        {
            var key = new SessionKey("", null, string.Create(CultureInfo.InvariantCulture, $"client-{at}"));
            var transport = new TransportInfo(MqttTransport.Tcp) { RemoteAddress = new IPEndPoint(IPAddress.Loopback, at % 65536), Bytes = new ByteCounts() };
            context.Clients.Add(new ClientEntry(key, new ActorTarget(key.ClientId, ActorRefs.Nobody, 1))
            {
                Connection = new ClientConnection(transport, MqttVersion.V5, "user", 60, DateTimeOffset.UnixEpoch),
            });
            context.Stats.AddSession(1);
            context.Stats.AddConnected(1);
        }
    }

    /// <summary>Counts messages as connections do.</summary>
    private static async Task LoadAsync(MqttServer server, int rate, CancellationToken end)
    {
        if (rate == 0)
            return;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        try
        {
            while (await timer.WaitForNextTickAsync(end))
            {
                for (var left = rate / 100; left > 0; left -= Batch)
                    server.Context.Stats.Traffic.Add(new TrafficCounts { MessagesReceived = Batch, PacketsReceived = Batch, BytesReceived = 100 * Batch, PayloadReceived = 64 * Batch });
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    private static async Task<double> CostAsync(string root, int streams)
    {
        var watching = Enumerable.Range(0, streams).Select(_ => Process.Start("curl", ["-sN", "-o", "/dev/null", $"{root}/api/v1/live"])).ToList();
        await Task.Delay(TimeSpan.FromSeconds(1));
        var (before, watch) = (ProcessorTime(), Stopwatch.StartNew());
        await Task.Delay(RoundTime);
        var percent = (ProcessorTime() - before) / watch.Elapsed * 100;
        foreach (var each in watching)
        {
            each.Kill();
            await each.WaitForExitAsync();
            each.Dispose();
        }
        return percent;
    }

    private static async Task RequestAsync(HttpClient http, string url)
    {
        var (times, costs, bytes) = (new List<double>(), new List<double>(), 0);
        for (var at = 0; at < 21; at++)
        {
            var (before, watch) = (ProcessorTime(), Stopwatch.StartNew());
            bytes = (await http.GetByteArrayAsync(new Uri(url))).Length;
            times.Add(watch.Elapsed.TotalMilliseconds);
            costs.Add((ProcessorTime() - before).TotalMilliseconds);
        }
        Print($"{Median(times[1..]),8:F1} ms {Median(costs[1..]),8:F1} ms   {bytes,7} bytes   {new Uri(url).PathAndQuery}");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static TimeSpan ProcessorTime() => OperatingSystem.IsLinux() ? Environment.CpuUsage.TotalTime : throw new PlatformNotSupportedException("It needs Linux, and curl.");

    private static void Print(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));
}
