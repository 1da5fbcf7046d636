using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace Akka.Mqtt.Streams;

/// <summary>
/// The objects that all connections of an actor system share: the factory of their framing, one materializer and one logger.
/// </summary>
internal sealed class FramingHost
{
    /// <summary>Makes an actor system use only the public API of Akka.Streams. For tests of the fallback.</summary>
    public const string PublicApiOnly = "akka.mqtt.framing-by-public-api-only";

    private readonly IFramingFactory _factory;

    public FramingHost(ActorSystem system, TimeProvider? clock = null)
    {
        Refusals = new RefusalLog(clock ?? TimeProvider.System);
        Log = system.GetSafeLogger(typeof(Mqtt));
        _factory = system.Settings.Config.GetBoolean(PublicApiOnly)
            ? new StreamFraming.Factory(system)
            : Choose(() => new FusedFraming.Factory(system), () => new StreamFraming.Factory(system), Log);
    }

    public ILoggingAdapter Log { get; }

    /// <summary>Decides which connections with broken packets are logged.</summary>
    public RefusalLog Refusals { get; }

    /// <summary>The stages of every connection.</summary>
    public static IRunnableGraph<NotUsed> Stages() =>
        Source.FromGraph(new TransportSource()).Via(new MqttDecoderStage()).To(new HandlerSink());

    public ConnectionFraming Start(IFramingOwner owner, InboundDecoder decoder, Mqtt.Register handler, MqttConnectionSettings settings, IActorRef self) =>
        _factory.Start(owner, decoder, handler, settings, self);

    /// <summary>
    /// Chooses the factory. Fused framing needs internal types of Akka.Streams, which any version may change, so it is tried once with a
    /// packet. If it does not work, the public API is used, and one warning reports it. <paramref name="fused"/> is called inside this
    /// method, because the runtime refuses code that names a missing type.
    /// </summary>
    public static IFramingFactory Choose(Func<IFramingFactory> fused, Func<IFramingFactory> streams, ILoggingAdapter log)
    {
        try
        {
            var factory = fused();
            FramingCheck.Run(factory);
            return factory;
        }
        catch (Exception cause)
        {
            log.Warning(
                cause,
                "Akka.Streams {0} differs from the version that Akka.Mqtt was built for. Connections work, but each has one more actor and is slower.",
                typeof(ActorMaterializer).Assembly.GetName().Version);
            return streams();
        }
    }
}
