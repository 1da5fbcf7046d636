using System.Runtime.InteropServices;
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
        Assert.True(MemoryMarshal.TryGetArray(AkkaIo.ToMemory(ByteString.FromBytes(array, 1, 2)), out var segment));
        Assert.Same(array, segment.Array);
        Assert.Equal((1, 2), (segment.Offset, segment.Count));
    }

    [Fact]
    public void A_chunk_of_many_segments_is_joined()
    {
        var joined = ByteString.FromBytes([1, 2]).Concat(ByteString.FromBytes([3])).Concat(ByteString.FromBytes([4, 5]));
        Assert.Equal([1, 2, 3, 4, 5], AkkaIo.ToMemory(joined).ToArray());
        Assert.True(AkkaIo.ToMemory(ByteString.Empty).IsEmpty);
    }

    [Fact]
    public void What_is_written_is_wrapped_without_a_copy()
    {
        var array = new byte[] { 1, 2, 3, 4 };
        var bytes = AkkaIo.FromMemory(array.AsMemory(1, 2));
        array[1] = 9;
        Assert.Equal([9, 3], bytes.ToArray());
        Assert.Equal(2, bytes.Count);
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
}
