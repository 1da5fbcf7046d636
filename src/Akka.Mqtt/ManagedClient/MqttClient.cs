using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Mqtt.ManagedClient;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>
/// A client that stays connected: it sends pings, reconnects, subscribes again, keeps queued messages, and ends each command with one outcome. As an actor
/// (<see cref="Props(MqttClientSettings, IActorRef)"/>) or with tasks:
/// <code>
/// await using var client = await MqttClient.ConnectAsync("mqtt://localhost");
/// await client.PublishAsync("example", "hello");
/// await foreach (var message in client.SubscribeAsync("example/#"))
///     Console.WriteLine(message.Payload.ToText());
/// </code>
/// </summary>
public sealed partial class MqttClient : IAsyncDisposable
{
    private readonly FacadeSystem _system;
    private readonly Facade _facade;
    private readonly ClientCalls _calls;

    private MqttClient(Facade facade, FacadeSystem system)
    {
        (_facade, _system) = (facade, system);
        _calls = new ClientCalls(facade, facade.Settings.MaxCommands);
    }

    /// <summary>Messages of QoS 0 that were dropped because their subscriber was behind, and messages that no subscriber needed any more.</summary>
    public long DroppedMessages => _facade.Dropped;

    /// <summary>Messages of <see cref="MqttClientSettings.Queue"/> that were dropped although they had been stored: see <see cref="Undelivered"/>.</summary>
    public long UndeliveredMessages => _facade.Undelivered;

    internal Facade Facade => _facade;

    /// <summary>The client actor.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="handler">The actor that receives messages and changes of state. The client stops when it stops.</param>
    /// <returns>The Props. The actor starts to connect when it starts.</returns>
    /// <exception cref="ArgumentException">Settings that do not fit together.</exception>
    public static Props Props(MqttClientSettings settings, IActorRef handler) => Props(settings, handler, Backoff.Random);

    internal static Props Props(MqttClientSettings settings, IActorRef handler, Func<double> random)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(handler);
        settings.Checked();
        return ClientDispatcher.Use(Actor.Props.CreateBy(new ClientProducer(settings, handler, random)), handler);
    }

    /// <summary>Connects to a server, in a new actor system, which logs to the console.</summary>
    /// <param name="server">A URI such as <c>mqtt://localhost:1883</c>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The client, connected.</returns>
    /// <exception cref="MqttClientException">The first attempt failed.</exception>
    /// <exception cref="Configuration.ConfigurationException">The text is not the URI of a server.</exception>
    public static Task<MqttClient> ConnectAsync(string server, CancellationToken cancellationToken = default) =>
        ConnectAsync(MqttClientSettings.Create((Configuration.Config?)null) with { Servers = [MqttClientSettings.ToUri(server)] }, null, cancellationToken);

    /// <summary>Connects. The first attempt must succeed; from then on the client stays connected.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="system">The actor system; null creates one, which ends with the client.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The client, connected.</returns>
    /// <exception cref="MqttClientException">The first attempt failed.</exception>
    public static async Task<MqttClient> ConnectAsync(MqttClientSettings settings, ActorSystem? system = null, CancellationToken cancellationToken = default)
    {
        var client = await StartAsync(settings, system).ConfigureAwait(false);
        try
        {
            await client._facade.WhenConnected.WaitAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Starts a client without waiting for a server, for programs that must start while the server is away, mostly with a <see cref="MqttClientSettings.Queue"/>.
    /// Commands wait in the queue until the client is connected. When it gives up, they fail.
    /// </summary>
    /// <param name="settings">The settings.</param>
    /// <param name="system">The actor system; null creates one, which ends with the client.</param>
    /// <returns>The client, which connects and stays connected.</returns>
    public static async Task<MqttClient> StartAsync(MqttClientSettings settings, ActorSystem? system = null)
    {
        var client = new MqttClient(new Facade(settings), new FacadeSystem(system));
        await client._system.StartAsync(client._facade).ConfigureAwait(false);
        return client;
    }

    /// <summary>Publishes a message of QoS 0 or more.</summary>
    /// <param name="topic">The topic name.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="qos">The QoS.</param>
    /// <param name="cancellationToken">Ends the waiting; the message may still be sent.</param>
    /// <returns>Completes when QoS 0 was handed to the transport, or the server acknowledged.</returns>
    /// <exception cref="MqttClientException">The outcome is not <see cref="Sent"/> or <see cref="Acked"/>.</exception>
    public Task PublishAsync(
        string topic, MqttBinary payload, QualityOfService qos = QualityOfService.AtMostOnce, CancellationToken cancellationToken = default) =>
        PublishAsync(new Protocol.Publish(topic, payload) { QoS = qos }, cancellationToken);

    /// <summary>Publishes a message.</summary>
    /// <param name="packet">The message.</param>
    /// <param name="cancellationToken">Ends the waiting; the message may still be sent.</param>
    /// <returns>The outcome: <see cref="Sent"/> or <see cref="Acked"/>; <see cref="Stored"/> if the client with a queue was disposed before.</returns>
    /// <exception cref="MqttClientException">Any other outcome.</exception>
    public Task<Outcome> PublishAsync(Protocol.Publish packet, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(packet);
        return _calls.PublishAsync(ClientSpans.WithParent(packet, _facade.Settings), cancellationToken);
    }

    /// <summary>
    /// Writes a message in <see cref="MqttClientSettings.Queue"/>. The client sends it when it can; if the process ends before, the next client that opens the
    /// queue sends it.
    /// </summary>
    /// <param name="packet">The message, of QoS 1 or 2.</param>
    /// <param name="cancellationToken">Ends the waiting; the message may still be written.</param>
    /// <returns>Completes when the message is written.</returns>
    /// <exception cref="MqttClientException">The message was not written: the queue is full, the message breaks a rule, or the client has no queue.</exception>
    public Task StoreAsync(Protocol.Publish packet, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(packet);
        return _calls.StoreAsync(ClientSpans.WithParent(packet, _facade.Settings), cancellationToken);
    }

    /// <summary>
    /// Subscribes, and returns the messages. A message of QoS 1 or 2 is acknowledged when the next one is requested. Therefore a message whose handling
    /// throws is not acknowledged, nor is the last one before <c>break</c>: the next subscriber whose filter matches receives it again. When the enumeration
    /// ends, the client unsubscribes. A subscriber that is behind loses only messages of QoS 0, and they are counted.
    /// </summary>
    /// <param name="filter">The topic filter.</param>
    /// <param name="qos">The highest QoS at which the server may send.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The messages.</returns>
    /// <exception cref="MqttClientException">The server refused the subscription, or the client gave up.</exception>
    public IAsyncEnumerable<Protocol.Publish> SubscribeAsync(string filter, QualityOfService qos = QualityOfService.AtLeastOnce, CancellationToken cancellationToken = default) =>
        SubscribeAsync(new Subscription(filter, qos), cancellationToken);

    /// <summary>Subscribes, and returns the messages; see the other overload.</summary>
    /// <param name="subscription">The filter with its options.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The messages.</returns>
    public async IAsyncEnumerable<Protocol.Publish> SubscribeAsync(Subscription subscription, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        var subscriber = new Subscriber(subscription.Filter, _facade.Settings.MaxUnhandledBytes);
        _facade.Actor.Tell(new Facade.Add(subscriber), ActorRefs.NoSender); // before SUBSCRIBE, so that it exists when messages arrive
        try
        {
            await _calls.SubscribeAsync(subscription, cancellationToken).ConfigureAwait(false);
            while (await subscriber.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (subscriber.TryRead(out var delivery))
                {
                    yield return delivery.Packet;
                    subscriber.Handled(_facade);
                }
            }
        }
        finally
        {
            _facade.Actor.Tell(new Facade.Remove(subscriber), ActorRefs.NoSender);
        }
    }

    /// <summary>
    /// Subscribes, and handles messages in parallel. Messages with the same key, by default the topic, are handled one after another and in order. A message is acknowledged
    /// when its handling has succeeded; one that fails is handled again. See <see cref="MqttLanes"/>.
    /// </summary>
    /// <param name="filter">The topic filter.</param>
    /// <param name="handle">Handles a message; it may publish. Its token is cancelled when the attempt has taken too long, and at the end.</param>
    /// <param name="lanes">The settings; null takes those of the reference configuration.</param>
    /// <param name="qos">The highest QoS at which the server may send.</param>
    /// <param name="cancellationToken">Ends the handling: the client unsubscribes, and unhandled messages are not acknowledged.</param>
    /// <returns>Completes when the client has stopped.</returns>
    /// <exception cref="MqttClientException">The server refused the subscription, or the client gave up.</exception>
    /// <exception cref="OperationCanceledException">The token.</exception>
    public async Task HandleAsync(
        string filter, Func<Protocol.Publish, CancellationToken, ValueTask> handle, MqttLanesSettings? lanes = null,
        QualityOfService qos = QualityOfService.AtLeastOnce, CancellationToken cancellationToken = default)
    {
        var subscriber = new Subscriber(filter, _facade.Settings.MaxUnhandledBytes);
        var props = MqttLanes.Props(handle, lanes ?? MqttLanesSettings.Create((Configuration.Config?)null), _facade.Actor);
        _facade.Actor.Tell(new Facade.AddLanes(subscriber, props), ActorRefs.NoSender);
        try
        {
            await _calls.SubscribeAsync(new Subscription(filter, qos), cancellationToken).ConfigureAwait(false);
            await subscriber.Reader.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _facade.Actor.Tell(new Facade.Remove(subscriber), ActorRefs.NoSender);
        }
    }

    /// <summary>Waits for the outcomes of earlier commands, disconnects and stops.</summary>
    /// <returns>Completes when the client has stopped.</returns>
    public async ValueTask DisposeAsync()
    {
        _facade.Stop();
        await _facade.WhenStopped.ConfigureAwait(false);
        await _system.EndAsync().ConfigureAwait(false);
    }
}
