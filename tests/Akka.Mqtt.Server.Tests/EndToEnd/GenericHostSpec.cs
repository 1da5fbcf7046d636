using System.Diagnostics;
using System.Globalization;
using System.Net;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Tests.EndToEnd;

/// <summary>A program with a generic host, a server and raw connections, that is sent SIGTERM, as by Docker or systemd.</summary>
public sealed class GenericHostSpec
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60); // a process starts

    [Theory]
    [InlineData("terminate")]
    [InlineData("shutdown")]
    [InlineData("nobody")]
    public async Task SIGTERM_tells_clients_0x8B_drains_and_ends_the_process_with_0_and_without_dead_letters(string ending)
    {
        if (OperatingSystem.IsWindows())
            return;
        using var deadline = new CancellationTokenSource(Soon);
        var program = Path.Combine(AppContext.BaseDirectory, "Akka.Mqtt.HostedProgram.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, ending]) { RedirectStandardOutput = true })!;
        try
        {
            var output = new List<string>();
            string[] ready;
            do
            {
                var line = await process.StandardOutput.ReadLineAsync(deadline.Token);
                Assert.True(line is not null, string.Join('\n', output));
                output.Add(line);
                ready = line.Split(' ');
            }
            while (ready[0] != "ready");
            using var client = await ConnectAsync(ready[1]);
            using var raw = await ConnectAsync(ready[2]);
            await client.SendAsync(new Subscribe(1, "t"), new Publish("t", "last") { QoS = QualityOfService.AtLeastOnce, PacketId = 2 });
            await client.ExpectAsync<SubAck>();

            using (var kill = Process.Start("kill", ["-s", "TERM", $"{process.Id}"]))
                await kill.WaitForExitAsync(deadline.Token);
            MqttPacket? packet;
            do
                packet = await client.NextAsync();
            while (packet is Publish or PubAck);
            Assert.Equal(new Disconnect(ReasonCode.ServerShuttingDown), packet);
            await client.ExpectClosedAsync();
            client.Dispose();
            Assert.Equal(ReasonCode.ServerShuttingDown, (await raw.ExpectAsync<Disconnect>()).ReasonCode);
            await raw.ExpectClosedAsync();
            raw.Dispose();
            output.Add(await process.StandardOutput.ReadToEndAsync(deadline.Token));
            await process.WaitForExitAsync(deadline.Token);
            Assert.Equal(0, process.ExitCode);
            var log = string.Join('\n', output);
            foreach (var word in (string[])["dead letter", "DeadLetter", "[ERROR]", "[WARNING]"])
                Assert.False(log.Contains(word, StringComparison.OrdinalIgnoreCase), log);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static async Task<PacketClient> ConnectAsync(string port)
    {
        var client = await PacketClient.DialAsync(new IPEndPoint(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture)), MqttVersion.V5);
        await client.SendAsync(new Connect { ClientId = "c" });
        await client.ExpectAsync<ConnAck>();
        return client;
    }
}
