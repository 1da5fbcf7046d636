using System.Globalization;
using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.StorageBenchmarks;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>
/// Durable sessions that are resumed with a small Receive Maximum, after a kill of the server, a lost connection, or a take-over, while messages come and some
/// acknowledgements are left open: a subscriber whose window has room lacks nothing.
/// </summary>
public sealed class ResumeScheduleSpec : IAsyncLifetime
{
    // Far longer than anything takes, also on a busy machine.
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    // For longer runs: how many histories each case has.
    private static readonly int Histories =
        int.Parse(Environment.GetEnvironmentVariable("AKKA_MQTT_SCHEDULE_HISTORIES") ?? "3", CultureInfo.InvariantCulture);

    private readonly string _data = Directory.CreateTempSubdirectory("akka-mqtt").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        Directory.Delete(_data, recursive: true);
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(1, false, "akka-io")]
    [InlineData(2, true, "akka-io")]
    [InlineData(3, false, "socket")]
    [InlineData(4, true, "socket")]
    public async Task A_subscriber_whose_window_has_room_lacks_nothing(int seed, bool fails, string engine)
    {
        using var system = ActorSystem.Create(
            "resume", ConfigurationFactory.ParseString($"akka {{ loglevel = OFF, mqtt.connection.tcp-engine = {engine} }}").WithFallback(MqttExt.ThroughputConfig()));
        for (var history = 0; history < Histories; history++)
        {
            var number = seed + (10 * history);
            var random = new Random(number);
            var server = new ScheduledServer(system, Path.Combine(_data, $"{number}"), new Random(number), fails);
            await new History(number, server, random).RunAsync();
        }
        await system.Terminate();
    }

    private sealed class History
    {
        private readonly int _seed;
        private readonly ScheduledServer _server;
        private readonly Random _random;
        private readonly List<ServerPublisher> _publishers = [];
        private readonly List<LazySubscriber> _subscribers = [];

        public History(int seed, ScheduledServer server, Random random)
        {
            (_seed, _server, _random) = (seed, server, random);
            for (var at = 0; at < 3; at++)
                _publishers.Add(new ServerPublisher($"p{at}", $"t/{at}", at == 0 ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce, false, random.Next(1, 12)));
            foreach (var window in (ushort[])[1, 2, 7, 30])
            {
                var qos = random.Next(2) == 0 ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce;
                _subscribers.Add(new LazySubscriber($"s{window}", qos, window, new Random(random.Next())));
            }
        }

        public async Task RunAsync()
        {
            var lives = _random.Next(2, 5);
            for (var life = 1; life <= lives; life++)
            {
                try
                {
                    await LiveAsync(await _server.StartAsync(), isFirst: life == 1, settles: life == lives || _random.Next(3) == 0);
                }
                finally
                {
                    await _server.KillAsync();
                }
            }
        }

        private async Task LiveAsync(IPEndPoint address, bool isFirst, bool settles)
        {
            var life = new Life(address);
            _subscribers.ForEach(static each => each.BecomeLazy());
            var subscribing = _subscribers.Select(each => KeepAsync(life, each, new Random(_random.Next()))).ToList();
            var running = new List<Task>(subscribing);
            try
            {
                if (isFirst)
                    await UntilAsync(() => _subscribers.All(each => each.HasSubscribed), running);
                running.AddRange(_publishers.Select(each => PublishAsync(life, each)));
                await Task.Delay(_random.Next(1, 250)); // the moment of the kill
                if (settles)
                    await SettleAsync(life, running);
            }
            finally
            {
                life.End();
                await _server.KillAsync();
                life.Dispose();
            }
            await Task.WhenAll(running).WaitAsync(LongestPause);
        }

        private async Task SettleAsync(Life life, List<Task> running)
        {
            life.StopPublishing();
            await UntilAsync(() => _publishers.All(each => each.IsDone), running);
            life.StopCutting();
            await UntilAsync(() => _subscribers.All(each => each.IsFull || HasAll(each)), running);
            await Task.WhenAll(_subscribers.Select(each => each.AcknowledgeAsync()));
            await UntilAsync(() => _subscribers.All(HasAll), running);
        }

        private bool HasAll(LazySubscriber subscriber) => _publishers.All(subscriber.HasAll);

        private async Task UntilAsync(Func<bool> condition, List<Task> running)
        {
            for (var began = Environment.TickCount64; !condition(); await Task.Delay(2))
            {
                if (running.Find(static each => each.IsFaulted) is { } failed)
                    await failed;
                if (Environment.TickCount64 - began > LongestPause.TotalMilliseconds)
                    throw new InvalidOperationException(await ReportAsync());
            }
        }

        private async Task<string> ReportAsync()
        {
            var lines = new List<string> { $"Seed {_seed}: something stands still." };
            foreach (var publisher in _publishers)
                lines.Add($"{publisher.ClientId}: {publisher.Acknowledged.Count} acknowledged, {(publisher.IsDone ? "done" : "waits")}");
            foreach (var subscriber in _subscribers)
            {
                lines.Add($"{subscriber}; lacks {string.Join(", ", _publishers.Where(each => !subscriber.HasAll(each)).Select(static each => each.ClientId))}");
                var state = await _server.Server.Admin.Ask<object>(new MqttServer.InspectClient(subscriber.ClientId), TimeSpan.FromSeconds(5))
                    .ContinueWith(static asked => asked.IsCompletedSuccessfully ? asked.Result : asked.Exception!.Message);
                lines.Add($"  the server: {state}");
            }
            return string.Join(Environment.NewLine, lines);
        }

        private static async Task PublishAsync(Life life, ServerPublisher publisher)
        {
            while (!life.IsEnding && !(life.HasStoppedPublishing && publisher.IsDone))
            {
                if (await life.ConnectAsync(publisher.ClientId, null) is { } connected)
                    await publisher.RunAsync(connected.Client, () => !life.HasStoppedPublishing);
                else
                    await Task.Delay(5);
            }
        }

        /// <summary>Keeps a subscriber connected. Its connections are cut, or another one takes the session over, at random.</summary>
        private static async Task KeepAsync(Life life, LazySubscriber subscriber, Random random)
        {
            ServerClient? replaced = null;
            var serving = Task.CompletedTask;
            while (!life.IsEnding)
            {
                var connected = await life.ConnectAsync(subscriber.ClientId, subscriber.Window);
                replaced?.Dispose();
                replaced = null;
                await serving;
                if (connected is not { } now)
                {
                    await Task.Delay(5);
                    continue;
                }
                serving = subscriber.RunAsync(now.Client, now.SessionPresent);
                if (await Task.WhenAny(serving, life.CuttingStopped, Task.Delay(random.Next(1, 300))) == serving || life.CuttingStopped.IsCompleted)
                    await serving;
                else if (random.Next(2) == 0)
                    now.Client.Dispose();
                else
                    replaced = now.Client; // the next connection takes the session over
            }
            replaced?.Dispose();
            await serving;
        }
    }

    /// <summary>One life of the server: its connections, and what they are to do.</summary>
    private sealed class Life(IPEndPoint address) : IDisposable
    {
        private readonly List<ServerClient> _clients = [];
        private readonly TaskCompletionSource _cuttingStopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isEnding;
        private volatile bool _hasStoppedPublishing;

        public bool IsEnding => _isEnding;

        public bool HasStoppedPublishing => _hasStoppedPublishing;

        public Task CuttingStopped => _cuttingStopped.Task;

        public void StopPublishing() => _hasStoppedPublishing = true;

        public void StopCutting() => _cuttingStopped.TrySetResult();

        public void End()
        {
            _isEnding = true;
            StopPublishing();
            StopCutting();
        }

        public async Task<(ServerClient Client, bool SessionPresent)?> ConnectAsync(string clientId, ushort? receiveMaximum)
        {
            var connected = await ServerClient.ConnectAsync(address, clientId, receiveMaximum);
            if (connected is { } one)
            {
                lock (_clients)
                    _clients.Add(one.Client);
            }
            return connected;
        }

        public void Dispose()
        {
            lock (_clients)
                _clients.ForEach(static each => each.Dispose());
        }
    }
}
