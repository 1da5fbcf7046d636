namespace Akka.Mqtt.TestKit.Tests;

/// <summary>The in-memory link behaves as a socket pair does, but keeps chunks apart and is bounded exactly.</summary>
public sealed class InMemoryLinkSpec
{
    private readonly byte[] _buffer = new byte[100];

    [Fact]
    public async Task Reads_give_the_chunks_as_they_were_written()
    {
        using var link = new InMemoryLink();
        await link.A.WriteAsync(new byte[3]);
        await link.A.WriteAsync(new byte[5]);
        Assert.Equal(3, await link.B.ReadAsync(_buffer));
        Assert.Equal(5, await link.B.ReadAsync(_buffer));
    }

    [Fact]
    public async Task A_chunk_larger_than_the_buffer_comes_in_parts_and_in_order()
    {
        using var link = new InMemoryLink();
        await link.A.WriteAsync(new byte[] { 1, 2, 3 });
        await link.A.WriteAsync(new byte[] { 4 });
        var read = new List<byte>();
        while (read.Count < 4)
            read.AddRange(_buffer[..await link.B.ReadAsync(_buffer.AsMemory(0, 2))]);
        Assert.Equal([1, 2, 3, 4], read);
    }

    [Fact]
    public async Task A_write_waits_while_the_link_is_full()
    {
        using var link = new InMemoryLink(capacity: 4);
        await link.A.WriteAsync(new byte[4]);
        var waiting = link.A.WriteAsync(new byte[1]).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.Equal(4, await link.B.ReadAsync(_buffer));
        await waiting;
    }

    [Fact]
    public async Task A_write_larger_than_the_link_passes_in_parts()
    {
        using var link = new InMemoryLink(capacity: 4);
        var writing = link.A.WriteAsync(new byte[10]).AsTask();
        var read = 0;
        while (read < 10)
            read += await link.B.ReadAsync(_buffer);
        await writing;
    }

    [Fact]
    public async Task After_a_half_close_the_peer_reads_to_the_end_and_can_still_write()
    {
        using var link = new InMemoryLink();
        await link.A.WriteAsync(new byte[2]);
        link.A.CompleteWrites();
        Assert.Equal(2, await link.B.ReadAsync(_buffer));
        Assert.Equal(0, await link.B.ReadAsync(_buffer));
        await link.B.WriteAsync(new byte[7]);
        Assert.Equal(7, await link.A.ReadAsync(_buffer));
    }

    [Fact]
    public async Task After_a_reset_the_peer_can_neither_read_nor_write()
    {
        using var link = new InMemoryLink();
        await link.A.WriteAsync(new byte[2]);
        link.A.Abort();
        await Assert.ThrowsAsync<IOException>(() => link.B.ReadAsync(_buffer).AsTask());
        await Assert.ThrowsAsync<IOException>(async () => await link.B.WriteAsync(new byte[1]));
    }

    [Fact]
    public async Task Disposing_ends_a_read_that_waits()
    {
        using var link = new InMemoryLink();
        var reading = link.A.ReadAsync(_buffer).AsTask();
        link.A.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading);
    }
}
