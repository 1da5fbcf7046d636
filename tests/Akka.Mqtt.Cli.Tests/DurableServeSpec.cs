using System.Net;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Tests;
using Akka.Mqtt.StorageBenchmarks;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>
/// <c>akka-mqtt serve --data</c>, killed with SIGKILL again and again under load: nothing that was acknowledged is lost, nothing at QoS 2 comes
/// twice, and the order of a publisher holds. The clients are outside the process and keep their state as the standard asks.
/// </summary>
public class DurableServeSpec : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("akka-mqtt").FullName;

    public void Dispose()
    {
        Directory.Delete(_data, recursive: true);
        GC.SuppressFinalize(this);
    }

    private Task<ServeProcess> ServeAsync() => ServeProcess.StartAsync("--port", "0", "--data", _data);

    private static async Task<PacketClient> ConnectAsync(ServeProcess serve, string clientId)
    {
        var client = await PacketClient.DialAsync(new IPEndPoint(IPAddress.Loopback, serve.Addresses[0].Port), MqttVersion.V5);
        await client.SendAsync(new Connect
        {
            ClientId = clientId, CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = uint.MaxValue },
        });
        Assert.Equal(ReasonCode.Success, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        return client;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Storage_code_is_loaded_when_something_is_stored_and_only_then(bool stores)
    {
        if (!OperatingSystem.IsLinux())
            return;
        await using var serve = stores ? await ServeAsync() : await ServeProcess.StartAsync("--port", "0", "--warm-up", "0");
        using var client = await ConnectAsync(serve, "c");
        var loaded = File.ReadAllLines($"/proc/{serve.Id}/maps").Select(line => Path.GetFileName(line)).ToHashSet();
        Assert.Contains("Akka.Mqtt.Server.dll", loaded);
        Assert.Equal(stores, loaded.Any(name => name.Contains("Akka.Mqtt.Storage", StringComparison.Ordinal)));
        Assert.Equal(stores, loaded.Any(name => name.Contains("sqlite", StringComparison.OrdinalIgnoreCase)));
        Assert.DoesNotContain("Npgsql.dll", loaded);
        Assert.DoesNotContain(loaded, name => name is "Akka.Mqtt.Cluster.dll" or "Akka.Cluster.dll" or "Akka.Remote.dll");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Nothing_acknowledged_is_lost_and_nothing_at_QoS_2_doubles_when_the_process_is_killed(int seed)
    {
        var crash = new ServerCrash(new KilledProcess(Path.Combine(AppContext.BaseDirectory, "akka-mqtt.dll"), _data), static _ => { });
        await crash.RunAsync(seed, rounds: 5, live: null); // it is killed four times, and checked before the end of the fifth
        Assert.All(crash.Acknowledged, each => Assert.True(each > 0));
    }

    [Fact]
    public async Task A_data_directory_that_is_in_use_is_named_in_one_line_and_the_exit_code_is_2()
    {
        await using var serve = await ServeAsync();
        var (exitCode, output, errors) = await CommandHost.RunAsync("serve", "--port", "0", "--data", _data);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(_data, errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(each => each == '\n'));
    }

    [Fact]
    public async Task With_durability_memory_nothing_is_written()
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--data", _data, "--durability", "memory");
        Assert.Empty(Directory.GetFileSystemEntries(_data));
    }
}
