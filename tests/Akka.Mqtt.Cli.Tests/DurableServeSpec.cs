using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Tests;

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
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Nothing_acknowledged_is_lost_and_nothing_at_QoS_2_doubles_when_the_process_is_killed(int seed)
    {
        var random = new Random(seed);
        var publishers = new[] { new PublishingClient("p1", "t/1", QualityOfService.AtLeastOnce), new PublishingClient("p2", "t/2", QualityOfService.ExactlyOnce) };
        var subscriber = new SubscribingClient();
        const int Kills = 4;
        for (var round = 0; round <= Kills; round++)
        {
            await using var serve = await ServeAsync();
            using var sub = await ConnectAsync(serve, "s");
            if (round == 0)
            {
                await sub.SendAsync(new Subscribe(1, new Subscription("t/#", QualityOfService.ExactlyOnce)));
                await sub.ExpectAsync<SubAck>();
            }
            var last = round == Kills;
            var connections = new List<PacketClient>();
            var running = new List<Task>();
            foreach (var publisher in publishers)
            {
                connections.Add(await ConnectAsync(serve, publisher.ClientId));
                running.Add(publisher.RunAsync(connections[^1], more: !last));
            }
            var subscribing = subscriber.RunAsync(sub, () => last && publishers.All(each => each.IsDone && subscriber.HasAll(each)));
            if (last)
            {
                await Task.WhenAll(running).WaitAsync(TimeSpan.FromSeconds(60));
                await subscribing.WaitAsync(TimeSpan.FromSeconds(60));
            }
            else
            {
                await Task.Delay(random.Next(50, 500)); // when it is killed, not what is waited for
                await serve.SignalAsync("KILL");
                await Task.WhenAll([.. running, subscribing]).WaitAsync(TimeSpan.FromSeconds(60));
            }
            connections.ForEach(each => each.Dispose());
        }
        Assert.All(publishers, each => Assert.True(each.Acknowledged.Count > 0));
        Assert.All(publishers, each => Assert.Empty(each.Acknowledged.Except(subscriber.Received[each.Topic])));
        var exactly = subscriber.Received["t/2"];
        Assert.Equal(exactly.Distinct(), exactly);
        Assert.Equal(exactly.Order(), exactly);
        var first = subscriber.Received["t/1"].Distinct().ToList();
        Assert.Equal(first.Order(), first);
    }

    [Fact]
    public async Task A_data_directory_that_is_in_use_is_named_in_one_line_and_the_exit_code_is_2()
    {
        await using var serve = await ServeAsync();
        var (exitCode, output, errors) = await ServeProcess.RunAsync("serve", "--port", "0", "--data", _data);
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

    /// <summary>Publishes numbers, keeps what is not acknowledged, and sends it again on its next connection.</summary>
    private sealed class PublishingClient(string clientId, string topic, QualityOfService qos)
    {
        private const int Window = 20;

        private readonly SortedDictionary<int, bool> _open = []; // numbers; whether PUBREC has come
        private int _next;

        public string ClientId => clientId;

        public string Topic => topic;

        public List<int> Acknowledged { get; } = [];

        public bool IsDone => _open.Count == 0;

        public async Task RunAsync(PacketClient client, bool more)
        {
            try
            {
                foreach (var (number, received) in _open)
                    await client.SendAsync(received ? new PubRel(IdOf(number)) : Message(number) with { Dup = true });
                while (true)
                {
                    while (more && _open.Count < Window)
                    {
                        _open[_next] = false;
                        await client.SendAsync(Message(_next++));
                    }
                    if (_open.Count == 0 || await client.NextAsync() is not { } packet)
                        return;
                    await HandleAsync(client, packet);
                }
            }
            catch (SocketException)
            {
                // the server was killed
            }
        }

        private async Task HandleAsync(PacketClient client, MqttPacket packet)
        {
            switch (packet)
            {
                case PubAck ack:
                    Close(NumberOf(ack.PacketId));
                    break;
                case PubRec rec:
                    var number = NumberOf(rec.PacketId);
                    if (!_open[number])
                        Acknowledged.Add(number);
                    _open[number] = true;
                    await client.SendAsync(new PubRel(rec.PacketId));
                    break;
                case PubComp comp:
                    _open.Remove(NumberOf(comp.PacketId));
                    break;
            }
        }

        private void Close(int number)
        {
            Acknowledged.Add(number);
            _open.Remove(number);
        }

        private static ushort IdOf(int number) => (ushort)((number % 60_000) + 1);

        private int NumberOf(ushort id) => _open.Keys.First(number => IdOf(number) == id);

        private Publish Message(int number) => new(topic, $"{number}") { QoS = qos, PacketId = IdOf(number) };
    }

    private sealed class SubscribingClient
    {
        private readonly HashSet<ushort> _received = []; // QoS 2, between PUBLISH and PUBREL

        public Dictionary<string, List<int>> Received { get; } = new() { ["t/1"] = [], ["t/2"] = [] };

        public bool HasAll(PublishingClient publisher)
        {
            lock (Received)
                return !publisher.Acknowledged.Except(Received[publisher.Topic]).Any();
        }

        public async Task RunAsync(PacketClient client, Func<bool> isOver)
        {
            try
            {
                while (!isOver())
                {
                    await client.SendAsync(new PingReq()); // so that there is an answer when all have been received
                    MqttPacket? packet;
                    do
                    {
                        packet = await client.NextAsync();
                        if (packet is null)
                            return;
                        await HandleAsync(client, packet);
                    }
                    while (packet is not PingResp);
                }
            }
            catch (SocketException)
            {
                // the server was killed
            }
        }

        private async Task HandleAsync(PacketClient client, MqttPacket packet)
        {
            switch (packet)
            {
                case Publish { QoS: QualityOfService.AtLeastOnce } message:
                    Take(message);
                    await client.SendAsync(new PubAck(message.PacketId));
                    break;
                case Publish message:
                    if (_received.Add(message.PacketId))
                        Take(message);
                    await client.SendAsync(new PubRec(message.PacketId));
                    break;
                case PubRel release:
                    _received.Remove(release.PacketId);
                    await client.SendAsync(new PubComp(release.PacketId));
                    break;
            }
        }

        private void Take(Publish message)
        {
            lock (Received)
                Received[message.Topic].Add(int.Parse(message.Payload.ToText(), null));
        }
    }
}
