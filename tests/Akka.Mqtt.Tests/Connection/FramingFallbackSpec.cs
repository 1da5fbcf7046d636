using System.Buffers;
using Akka.Actor;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;
using Akka.Mqtt.Transport;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>How the framing of connections is chosen, and what happens when a stage of it fails.</summary>
[Collection(Alone.Name)]
public sealed class FramingFallbackSpec(ITestOutputHelper output) : MqttSpec(output)
{
    [Fact]
    public void Fused_framing_is_used_when_a_packet_passes_through_it()
    {
        var fused = new FusedFraming.Factory(Sys);
        Assert.Same(fused, FramingHost.Choose(() => fused, () => throw new InvalidOperationException(), Sys.Log));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_fused_framing_does_not_work_the_public_API_is_used_and_one_warning_names_the_version(bool throws)
    {
        var log = new ConnectionLog(Sys);
        var streams = new StreamFraming.Factory(Sys);
        Func<IFramingFactory> fused = () => throws ? throw new MissingMethodException("AsyncInput..ctor") : new Deaf();
        Assert.Same(streams, FramingHost.Choose(fused, () => streams, Sys.Log));
        var version = typeof(Akka.Streams.ActorMaterializer).Assembly.GetName().Version!.ToString();
        await AwaitAssertAsync(() => Assert.Contains(version, Assert.Single(log.With("Akka.Streams")).Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, typeof(OutOfMemoryException), CloseReason.QuotaExceeded)]
    [InlineData(true, typeof(OutOfMemoryException), CloseReason.QuotaExceeded)]
    [InlineData(false, typeof(InvalidOperationException), CloseReason.InternalError)]
    [InlineData(true, typeof(InvalidOperationException), CloseReason.InternalError)]
    [Proves("3.1.1", "MQTT-4.8.0-2")]
    public async Task A_decoder_that_fails_ends_its_connection_with_an_error(bool publicApi, Type failure, CloseReason reason)
    {
        using var system = TestSystem.Create("oom", Configuration.ConfigurationFactory.ParseString(publicApi ? PublicApiFraming.Config : "")
            .WithFallback(MqttExt.DefaultConfig()));
        using var there = new Akka.TestKit.Xunit2.TestKit(system);
        var settings = MqttConnectionSettings.Create(system);
        var connection = system.ActorOf(new ConnectionProps(
            new ConnectionStart(new FailingLink(failure), MqttRole.Server, settings, there.TestActor, new FramingHost(system))));
        await there.ExpectMsgAsync<Mqtt.Connected>(Soon);
        connection.Tell(new Mqtt.Register(there.TestActor), there.TestActor);
        var closed = await there.ExpectMsgAsync<Mqtt.ErrorClosed>(Soon);
        Assert.Equal(reason, closed.Reason);
        await system.Terminate();
    }

    /// <summary>A framing that lets nothing through.</summary>
    private sealed class Deaf : IFramingFactory
    {
        public ConnectionFraming Start(
            IFramingOwner owner, InboundDecoder decoder, Mqtt.Register handler, MqttConnectionSettings settings, IActorRef connection) =>
            new Nothing(owner, decoder, handler, settings, connection);

        private sealed class Nothing(
            IFramingOwner owner, InboundDecoder decoder, Mqtt.Register handler, MqttConnectionSettings settings, IActorRef connection)
            : ConnectionFraming(owner, decoder, handler, settings, connection)
        {
            public override void Stop()
            {
            }

            protected override void Enter(ReadOnlyMemory<byte> chunk)
            {
            }

            protected override void ToSource(object message)
            {
            }

            protected override void ToSink(object message)
            {
            }
        }
    }

    /// <summary>A transport whose chunk cannot be read.</summary>
    private sealed record FailingLink(Type Failure) : TransportLink(new TransportInfo(MqttTransport.Stream))
    {
        public override TransportPort Open(IActorContext connection, MqttConnectionSettings settings) => new Port(connection.Self, Failure);

        public override void Dispose()
        {
        }

        private sealed class Port(IActorRef connection, Type failure) : TransportPort
        {
            public override bool TryGather() => false;

            public override void Register() => connection.Tell(SocketPort.Readable.Instance, ActorRefs.NoSender);

            public override bool TryRead(object message, out ReadOnlyMemory<byte> chunk)
            {
                chunk = new FailingMemory(failure).Memory;
                return true;
            }

            public override void ReadOn(int taken, bool suspended)
            {
            }

            public override void SuspendReading()
            {
            }

            public override void ResumeReading()
            {
            }

            public override bool Write(in OutgoingChunk chunk) => true;

            public override void ConfirmedClose() => connection.Tell(Link.ConfirmedClosed.Instance, ActorRefs.NoSender);

            public override void Close()
            {
            }

            public override void Abort()
            {
            }
        }

        private sealed class FailingMemory(Type failure) : MemoryManager<byte>
        {
            public override Memory<byte> Memory => CreateMemory(4);

            public override Span<byte> GetSpan() => throw (Exception)Activator.CreateInstance(failure)!;

            public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

            public override void Unpin()
            {
            }

            protected override void Dispose(bool disposing)
            {
            }
        }
    }
}
