using System.Text;
using Akka.Actor;
using Akka.Mqtt.Cli.Clients;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Tests.Clients;

/// <summary><c>pub -l</c>: lines of stdin become messages.</summary>
public class LineSourceSpec
{
    private static async Task<List<string>> ReadAsync(byte[] input, int most)
    {
        using var system = TestSystem.Create("lines");
        var lines = new List<string>();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LineSource source = null!;
        Action<object> take = message =>
        {
            if (message is LineSource.Batch batch)
            {
                lines.AddRange(batch.Messages.Select(each => Encoding.Latin1.GetString(((Publish)each).Payload.Span)));
                source.Release();
            }
            else
            {
                ended.SetResult();
            }
        };
        var receiver = system.ActorOf(Props.Create(() => new Receiver(take)).WithDeploy(Deploy.Local));
        source = new LineSource(new Pieces(input, most), new Publish("t"), receiver);
        source.Start();
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(60));
        source.Dispose();
        return lines;
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("a\n", "a")]
    [InlineData("\n", "")]
    [InlineData("a\n\nb\r\nc", "a||b\r|c")]
    [InlineData("\n\na\n", "||a")]
    public async Task A_line_is_a_message_however_it_arrives(string input, string expected)
    {
        List<string> lines = input.Length == 0 ? [] : [.. expected.Split('|')];
        for (var most = 1; most <= input.Length + 1; most++)
            Assert.Equal(lines, await ReadAsync(Encoding.Latin1.GetBytes(input), most));
    }

    [Fact]
    public async Task Bytes_of_lines_stay_as_they_are()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Where(each => each != '\n').Select(each => (byte)each)];
        Assert.Equal([Encoding.Latin1.GetString(all), "x"], await ReadAsync([.. all, (byte)'\n', (byte)'x'], int.MaxValue));
    }

    [Fact]
    public async Task Lines_longer_than_a_chunk_and_many_lines_come_whole_and_in_order()
    {
        var expected = Enumerable.Range(0, 20_000).Select(each => $"line {each}").Append(new string('x', 300_000)).Append("").Append("end").ToList();
        Assert.Equal(expected, await ReadAsync(Encoding.Latin1.GetBytes(string.Join('\n', expected)), 10_000));
    }

    [Fact]
    public async Task No_more_is_read_than_has_been_asked_for()
    {
        using var system = TestSystem.Create("lines");
        var batches = 0;
        var input = new Pieces(Encoding.Latin1.GetBytes("a\nb\nc\nd\n"), 2);
        Action<object> take = _ => Interlocked.Increment(ref batches);
        var receiver = system.ActorOf(Props.Create(() => new Receiver(take)).WithDeploy(Deploy.Local));
        using var source = new LineSource(input, new Publish("t"), receiver);
        source.Start();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref batches) == LineSource.Ahead, TimeSpan.FromSeconds(60)));
        Assert.Equal(2 * LineSource.Ahead, input.Taken);
        source.Release();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref batches) == LineSource.Ahead + 1, TimeSpan.FromSeconds(60)));
        await system.Terminate();
    }

    private sealed class Receiver : ReceiveActor
    {
        public Receiver(Action<object> take) => ReceiveAny(take);
    }

    /// <summary>A stream that gives at most some bytes at a time, as a pipe may.</summary>
    private sealed class Pieces(byte[] bytes, int most) : MemoryStream(bytes)
    {
        private int _read;

        public int Taken => Volatile.Read(ref _read);

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = base.Read(buffer, offset, Math.Min(count, most));
            Interlocked.Add(ref _read, read);
            return read;
        }
    }
}
