using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Akka.Mqtt.Cli.Tests;

/// <summary><c>samples/Clustered/rolling-restart.sh</c>, with processes as in earnest.</summary>
public sealed class RollingRestartScriptSpec
{
    [Fact]
    public async Task Three_nodes_are_restarted_one_by_one_under_load_and_nothing_is_lost()
    {
        if (!OperatingSystem.IsLinux())
            return; // it needs a shell
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(Path.GetDirectoryName(File())!, "..", "..", "samples", "Clustered", "rolling-restart.sh"));
        start.Environment["AKKA_MQTT"] = string.Join(' ', ServeProcess.Command([]));
        foreach (var name in new[] { "PORT", "CLUSTER_PORT", "HTTP_PORT" })
            start.Environment[name] = FreePorts().ToString(CultureInfo.InvariantCulture);
        using var script = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        var errors = script.StandardError.ReadToEndAsync(deadline.Token);
        var output = await script.StandardOutput.ReadToEndAsync(deadline.Token);
        await script.WaitForExitAsync(deadline.Token);
        Assert.True(script.ExitCode == 0, $"{output}\n{await errors}");
        Assert.Contains("0 of 3 publishers failed, 0 messages were lost, 0 came twice", output, StringComparison.Ordinal);
    }

    /// <summary>The first of three ports in a row that are free now.</summary>
    private static int FreePorts()
    {
        while (true)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            using var second = new TcpListener(IPAddress.Loopback, port + 1);
            using var third = new TcpListener(IPAddress.Loopback, port + 2);
            try
            {
                second.Start();
                third.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }

    private static string File([CallerFilePath] string file = "") => file;
}
