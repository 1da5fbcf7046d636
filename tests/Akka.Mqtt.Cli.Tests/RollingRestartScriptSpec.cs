using System.Diagnostics;
using System.Globalization;
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
        using var ports = HeldPort.RowToListenOn(3);
        using var clusterPorts = HeldPort.RowToListenOn(3);
        using var httpPorts = HeldPort.RowToListenOn(3);
        start.Environment["PORT"] = ports.First.ToString(CultureInfo.InvariantCulture);
        start.Environment["CLUSTER_PORT"] = clusterPorts.First.ToString(CultureInfo.InvariantCulture);
        start.Environment["HTTP_PORT"] = httpPorts.First.ToString(CultureInfo.InvariantCulture);
        using var script = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        var errors = script.StandardError.ReadToEndAsync(deadline.Token);
        var output = await script.StandardOutput.ReadToEndAsync(deadline.Token);
        await script.WaitForExitAsync(deadline.Token);
        Assert.True(script.ExitCode == 0, $"{output}\n{await errors}");
        Assert.Contains("0 of 3 publishers failed, 0 messages were lost, 0 came twice", output, StringComparison.Ordinal);
    }

    private static string File([CallerFilePath] string file = "") => file;
}
