using System.Net;
using Akka.Actor;
using Akka.IO;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.ConnectionBenchmarks;

/// <summary>Accepts connections of the runtime and answers CONNECT, each by a handler actor of its own.</summary>
internal sealed class RuntimeServer : ReceiveActor
{
    public RuntimeServer(MqttDelivery delivery, Counter counter, TaskCompletionSource<int> port)
    {
        Receive<Mqtt.Bound>(bound => port.SetResult(((IPEndPoint)bound.LocalAddress).Port));
        Receive<Mqtt.Connected>(connected =>
        {
            var connection = connected.Connection;
            var handler = Context.ActorOf(Props.Create(() => new Handler(connection, delivery, counter)));
            connection.Tell(new Mqtt.Register(handler) { Delivery = delivery });
        });
        Context.System.Mqtt().Tell(new Mqtt.Bind(Self, new IPEndPoint(IPAddress.Loopback, 0)));
    }

    private sealed class Handler(IActorRef connection, MqttDelivery delivery, Counter counter) : UntypedActor
    {
        protected override void PreStart()
        {
            if (delivery == MqttDelivery.Pull)
                connection.Tell(new Mqtt.Request(1024));
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Publish:
                    counter.Messages++;
                    if (delivery == MqttDelivery.Pull && counter.Messages % 512 == 0)
                        connection.Tell(new Mqtt.Request(512));
                    break;
                case Mqtt.Received received:
                    foreach (var packet in received.Packets)
                        Take(packet);
                    break;
                case MqttPacket packet:
                    Take(packet);
                    break;
                case Mqtt.ConnectionClosed:
                    counter.Ended++;
                    Context.Stop(Self);
                    break;
            }
        }

        private void Take(MqttPacket packet)
        {
            switch (packet)
            {
                case Publish:
                    counter.Messages++;
                    break;
                case Connect:
                    counter.Connected++;
                    connection.Tell(new ConnAck());
                    break;
            }
        }
    }
}

/// <summary>The same Akka.IO connection with nothing of ours: counts bytes, or decodes inline without a stream.</summary>
internal sealed class BareServer : ReceiveActor
{
    public BareServer(bool decode, Counter counter, TaskCompletionSource<int> port)
    {
        Receive<Tcp.Bound>(bound => port.SetResult(((IPEndPoint)bound.LocalAddress).Port));
        Receive<Tcp.Connected>(_ =>
        {
            var connection = Sender;
            var handler = Context.ActorOf(decode
                ? Props.Create(() => new InlineHandler(connection, counter))
                : Props.Create(() => new ByteCounter(counter)));
            connection.Tell(new Tcp.Register(handler, useResumeWriting: false));
        });
        var settings = AkkaIo.TcpSettings(MqttConnectionSettings.Create(Context.System));
        Context.System.Tcp().Tell(new Tcp.Bind(Self, new IPEndPoint(IPAddress.Loopback, 0)) { TcpSettings = settings });
    }

    private sealed class ByteCounter(Counter counter) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Tcp.Received received)
                counter.Bytes += received.Data.Count;
            else if (message is Tcp.ConnectionClosed)
                Context.Stop(Self);
        }
    }

    private sealed class InlineHandler(IActorRef connection, Counter counter) : UntypedActor
    {
        private readonly MqttFrameDecoder _decoder = new(new MqttDecoder(MqttRole.Server));
        private readonly List<MqttPacket> _packets = [];
        private bool _copies;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Tcp.Received received:
                    _packets.Clear();
                    _decoder.Decode(AkkaIo.ToMemory(received.Data, ref _copies), _packets);
                    foreach (var packet in _packets)
                    {
                        if (packet is Publish)
                        {
                            counter.Messages++;
                        }
                        else if (packet is Connect)
                        {
                            counter.Connected++;
                            connection.Tell(Tcp.Write.Create(ByteString.FromBytes([0x20, 2, 0, 0])));
                        }
                    }

                    break;
                case Tcp.ConnectionClosed:
                    counter.Ended++;
                    Context.Stop(Self);
                    break;
            }
        }
    }
}

/// <summary>Written by one actor at a time, read by the main thread: figures, not truth.</summary>
internal sealed class Counter
{
    public long Messages;
    public long Bytes;
    public int Connected;
    public int Ended;
}
