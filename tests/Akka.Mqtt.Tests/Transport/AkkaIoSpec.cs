using System.Runtime.InteropServices;
using Akka.Event;
using Akka.IO;
using Akka.Mqtt.Transport;
using Xunit;

namespace Akka.Mqtt.Tests;

/// <summary>Pins what we know of the inside of Akka.IO 1.5: a newer Akka that changes it fails here, not at run time.</summary>
public sealed class AkkaIoSpec
{
    [Fact]
    public void The_memory_of_a_received_chunk_is_its_array_without_a_copy()
    {
        var array = new byte[] { 1, 2, 3, 4 };
        var copies = false;
        Assert.True(MemoryMarshal.TryGetArray(AkkaIo.ToMemory(ByteString.CopyFrom(array, 0, 2), ref copies), out var segment));
        Assert.Equal((0, 2, 2), (segment.Offset, segment.Count, segment.Array!.Length));
        Assert.True(MemoryMarshal.TryGetArray(AkkaIo.ToMemory(ByteString.FromBytes(array), ref copies), out segment));
        Assert.Same(array, segment.Array);
        Assert.False(copies);
    }

    [Fact]
    public void Chunks_are_copied_from_the_first_that_lies_in_an_array_which_may_be_used_again()
    {
        var pooled = new byte[] { 1, 2, 3, 4 };
        var copies = false;
        var first = AkkaIo.ToMemory(ByteString.FromBytes(pooled, 1, 2), ref copies);
        var whole = AkkaIo.ToMemory(ByteString.FromBytes(pooled), ref copies);
        pooled.AsSpan().Clear();
        Assert.Equal([2, 3], first.ToArray());
        Assert.Equal([1, 2, 3, 4], whole.ToArray());
        Assert.True(copies);
    }

    [Fact]
    public void A_chunk_of_many_segments_is_joined()
    {
        var joined = ByteString.FromBytes([1, 2]).Concat(ByteString.FromBytes([3])).Concat(ByteString.FromBytes([4, 5]));
        var copies = false;
        Assert.Equal([1, 2, 3, 4, 5], AkkaIo.ToMemory(joined, ref copies).ToArray());
        Assert.True(AkkaIo.ToMemory(ByteString.Empty, ref copies).IsEmpty);
    }

    [Fact]
    public void What_is_written_is_wrapped_without_a_copy()
    {
        var array = new byte[] { 1, 2, 3, 4 };
        var bytes = AkkaIo.ToByteString(new OutgoingChunk(array, 2, null));
        var segments = AkkaIo.ToByteString(new OutgoingChunk(array, 0, [new(array, 1, 1), new(array, 3, 1)]));
        array[1] = 9;
        Assert.Equal([1, 9], bytes.ToArray());
        Assert.Equal([9, 4], segments.ToArray());
    }

    [Theory]
    [InlineData("akka-io", false, 1)]
    [InlineData("akka-io", true, 0)]
    [InlineData("socket", false, 0)]
    public void A_version_of_Akka_without_it_is_warned_of_once_at_start(string engine, bool canAdoptSockets, int warnings)
    {
        var log = new Warnings();
        AkkaIo.Check(MqttConnectionSettings.Create((Configuration.Config?)null) with { TcpEngine = engine }, canAdoptSockets, log);
        Assert.Equal(warnings, log.Count);
    }

    [Theory]
    [InlineData("akka-io", MqttTransport.Tcp, true, "AkkaIo")]
    [InlineData("akka-io", MqttTransport.Tcp, false, "Socket")]
    [InlineData("akka-io", MqttTransport.UnixSocket, true, "Socket")]
    [InlineData("socket", MqttTransport.Tcp, true, "Socket")]
    [InlineData("socket-completions", MqttTransport.Tcp, false, "SocketCompletions")]
    public void Without_it_connections_read_and_write_their_sockets_themselves(string engine, MqttTransport transport, bool canAdoptSockets, string gets)
    {
        var settings = MqttConnectionSettings.Create((Configuration.Config?)null) with { TcpEngine = engine };
        Assert.Equal(gets, $"{SocketLink.EngineOf(settings, transport, canAdoptSockets)}");
    }

    [Fact]
    public void Akka_IO_has_the_connection_actor_that_takes_our_sockets() => Assert.True(AkkaIo.CanAdoptSockets);

    [Fact]
    public void The_settings_of_a_connection_become_those_of_Akka_IO()
    {
        var ours = MqttConnectionSettings.Create((Configuration.Config?)null) with { ReadChunkSize = 4096, WriteChunkSize = 8192 };
        var theirs = AkkaIo.TcpSettings(ours);
        Assert.Equal(8192, theirs.MaxFrameSizeBytes);
        Assert.Equal(-1, theirs.WriteCommandsQueueMaxSize);
    }

    private sealed class Warnings() : LoggingAdapterBase(DefaultLogMessageFormatter.Instance)
    {
        public int Count { get; private set; }

        public override bool IsDebugEnabled => true;

        public override bool IsInfoEnabled => true;

        public override bool IsWarningEnabled => true;

        public override bool IsErrorEnabled => true;

        protected override void NotifyLog(LogLevel logLevel, object message, Exception? cause = null)
        {
            Assert.Equal(LogLevel.WarningLevel, logLevel);
            Assert.Contains("1.5", message.ToString(), StringComparison.Ordinal);
            Count++;
        }
    }
}
