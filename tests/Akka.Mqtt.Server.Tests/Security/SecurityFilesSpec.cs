using System.Text;
using Akka.Configuration;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Trust;

namespace Akka.Mqtt.Server.Tests.Security;

/// <summary>Nothing in a file of security is guessed: what is not understood is an error with file and line.</summary>
public sealed class SecurityFilesSpec : IDisposable
{
    private const string Hash = "$7$100$AAAAAAAAAAAAAAAA$";
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("topic dney secret/#", 1, "dney is not one of read, write, readwrite, subscribe and deny")]
    [InlineData("topic Deny secret/#", 1, "Deny is not one of")]
    [InlineData("user a\ntopic a/b c/d", 2, "a/b is not one of")]
    [InlineData("pattern reed own/%u/#", 1, "reed is not one of")]
    [InlineData("topic read", 1, "needs a topic filter")]
    [InlineData("topic", 1, "needs a topic filter")]
    [InlineData("topic read a/#/b", 1, "a/#/b is not a topic filter")]
    [InlineData("topic read a/b # a comment", 1, "is not a topic filter")]
    [InlineData("user", 1, "the user name is missing")]
    [InlineData("user alice # the admin", 1, "a comment")]
    [InlineData("usr alice", 1, "usr is not one of user, topic and pattern")]
    [InlineData("topics read a", 1, "topics is not one of")]
    [InlineData("\n\npattern read x/%uu/#", 3, "%c and %u must be whole levels")]
    [InlineData("topic read a\rtopic deny b", 1, "control character 0x0D")]
    [InlineData("topic read a\0b", 1, "control character 0x00")]
    public void A_line_of_rules_that_is_not_understood_is_an_error(string text, int line, string what) =>
        AssertBroken(text, line, what, file => AclFile.Load(file));

    [Theory]
    [InlineData("\uFEFFtopic read a\r\n  # indented comment\r\n\r\n\ttopic\twrite\tb c\r\n")]
    [InlineData("topic read\ta\ntopic write   b c   ")]
    public void Byte_order_mark_line_ends_of_Windows_tabs_and_filters_with_spaces_are_read(string text)
    {
        File.WriteAllText(_file, text);
        var rules = AclFile.Load(_file);
        var nobody = new ClientIdentity("c", null, "");
        Assert.True(rules.MayReceive(nobody, "a") && rules.MayPublish(nobody, "b c"));
        Assert.False(rules.MayPublish(nobody, "a") || rules.MayReceive(nobody, "b c"));
    }

    [Fact]
    public void Rules_of_mosquitto_are_taken_as_there()
    {
        // Each line was tried with mosquitto 2.0.11.
        File.WriteAllText(_file, "topic readwrite w/#\ntopic read a/b\nuser x/y\ntopic read z\npattern readwrite %u/#\npattern deny w/no\npattern read dev-%c/x");
        var rules = AclFile.Load(_file, AclMode.Mosquitto);
        var (nobody, user, wild) = (new ClientIdentity("c", null, ""), new ClientIdentity("d/e", "x/y", ""), new ClientIdentity("c", "+", ""));
        Assert.True(rules.MaySubscribe(nobody, "#") && rules.MaySubscribe(nobody, "nothing/here"));
        Assert.True(rules.MayReceive(nobody, "a/b"));
        Assert.False(rules.MayReceive(nobody, "a/c"));
        Assert.True(rules.MayPublish(nobody, "w/no")); // a grant of its own counts before patterns
        Assert.False(rules.MayPublish(user, "w/no"));
        Assert.True(rules.MayPublish(user, "x/y/1") && rules.MayReceive(user, "x/y/1") && rules.MayReceive(user, "dev-d/e/x"));
        Assert.False(rules.MayPublish(user, "x/1"));
        Assert.False(rules.MayPublish(wild, "+/1") || rules.MayPublish(wild, "a/1"));
    }

    [Theory]
    [InlineData("alice", 1, "a line is user:hash")]
    [InlineData(":$7$100$AAAA$AAAA", 1, "the user name is missing")]
    [InlineData(" alice:$7$100$AAAA$AAAA", 1, "has spaces around it")]
    [InlineData("alice :$7$100$AAAA$AAAA", 1, "has spaces around it")]
    [InlineData("alice:", 1, "not hashed")]
    [InlineData("a:$7$-1$AAAA$AAAA", 1, "broken")]
    [InlineData("a:$7$100$AAAA$AAAA", 1, "broken")]
    [InlineData("a:{ok}\na:{ok}", 2, "the user a has two lines")]
    [InlineData("a:{ok} # comment", 1, "broken")]
    [InlineData("a:{ok}:x", 1, "broken")]
    [InlineData("a:{space}", 1, "broken")]
    [InlineData("a:{nosalt}", 1, "broken")]
    public void A_line_of_users_that_is_not_understood_is_an_error(string text, int line, string what)
    {
        var sum = Convert.ToBase64String(new byte[64]);
        text = text.Replace("{ok}", Hash + sum, StringComparison.Ordinal)
            .Replace("{space}", Hash + sum.Insert(10, " "), StringComparison.Ordinal)
            .Replace("{nosalt}", "$7$100$$" + sum, StringComparison.Ordinal);
        AssertBroken(text, line, what, file => PasswordFile.Load(file));
    }

    [Theory]
    [InlineData("sam:SCRAM-SHA-1$4096:AAAA$AAAA:AAAA", 1, "a line is user:SCRAM-SHA-256")]
    [InlineData("# one\n sam:{ok}", 2, "has spaces around it")]
    [InlineData("sam:{ok}\nsam:{ok}", 2, "has two lines")]
    [InlineData("sam:{ok}x", 1, "a line is user:SCRAM-SHA-256")]
    public void A_line_of_SCRAM_users_that_is_not_understood_is_an_error(string text, int line, string what) =>
        AssertBroken(text.Replace("{ok}", $"{ScramCredentials.Create("x")}", StringComparison.Ordinal), line, what, file => ScramAuthenticator.Load(file));

    [Fact]
    public void A_file_that_is_not_UTF_8_is_an_error()
    {
        File.WriteAllBytes(_file, [.. "topic read a\nuser m"u8, 0xFC, .. "ller"u8]); // Latin 1
        Assert.Contains($"{_file}:2: the file is not UTF-8", Failure(file => AclFile.Load(file)), StringComparison.Ordinal);
        File.WriteAllText(_file, "topic read a", Encoding.Unicode);
        Assert.Contains($"{_file}:1: the file is UTF-16", Failure(file => AclFile.Load(file)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_end_is_an_error()
    {
        File.WriteAllText(_file, new string('x', 300_000));
        Assert.Contains("300000 characters", Failure(file => AclFile.Load(file)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n")]
    [InlineData("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n")]
    [InlineData("-----BEGIN X509 CRL-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void A_PEM_block_that_is_cut_off_or_broken_is_an_error_and_is_not_skipped(string text)
    {
        File.WriteAllText(_file, $"comment\n{text}");
        Assert.Contains($"{_file}:2: a PEM block is broken or has no end", Failure(file => SecurityFile.ReadCertificates(file)), StringComparison.Ordinal);
        Assert.Contains($"{_file}:2: a PEM block is broken or has no end", Failure(file => RevocationList.Load(file, null)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_that_does_not_exist_has_the_iterations_of_one_that_does_and_the_same_each_time()
    {
        var lines = Enumerable.Range(0, 40).Select(at => $"u{at}:{PasswordEntry.Create("x"u8, at % 4 == 0 ? 700 : 100)}").ToList();
        File.WriteAllLines(_file, lines);
        var users = PasswordFile.Load(_file);
        var seen = Enumerable.Range(0, 200).Select(at => users.DecoyOf($"nobody{at}").Iterations).ToList();
        Assert.Equal([100, 700], seen.Distinct().Order());
        Assert.InRange(seen.Count(each => each == 700), 15, 110); // a quarter, as among those that exist
        Assert.Equal(seen, Enumerable.Range(0, 200).Select(at => users.DecoyOf($"nobody{at}").Iterations));
        File.WriteAllLines(_file, [.. lines, $"new:{PasswordEntry.Create("x"u8, 100)}"]);
        var again = PasswordFile.Load(_file);
        Assert.InRange(Enumerable.Range(0, 200).Count(at => again.DecoyOf($"nobody{at}").Iterations != seen[at]), 0, 20); // few change
    }

    [Fact]
    public async Task SCRAM_shows_a_user_that_does_not_exist_the_iterations_of_one_that_does_and_the_same_each_time()
    {
        File.WriteAllLines(_file, Enumerable.Range(0, 8).Select(at => $"u{at}:{ScramCredentials.Create("x", at < 4 ? 4096 : 5000)}"));
        var scram = ScramAuthenticator.Load(_file);
        var seen = new List<string>();
        for (var at = 0; at < 64; at++)
        {
            var (first, second) = (await ShownAsync(scram, $"nobody{at}"), await ShownAsync(scram, $"nobody{at}"));
            Assert.Equal(first, second);
            seen.Add(first);
        }
        Assert.Equal(["i=4096", "i=5000"], seen.Select(each => each[(each.LastIndexOf(',') + 1)..]).Distinct().Order());
        Assert.Equal(64, seen.Distinct().Count()); // each has its salt
    }

    /// <summary>Salt and iterations.</summary>
    private static async Task<string> ShownAsync(ScramAuthenticator scram, string user)
    {
        var exchange = scram.Begin(new AuthenticationContext("c", "", new TransportInfo(MqttTransport.InMemory)));
        var text = (await exchange.NextAsync(Protocol.MqttBinary.FromText($"n,,n={user},r=abc"), CancellationToken.None)).Data!.Value.ToText();
        return text[text.IndexOf(",s=", StringComparison.Ordinal)..];
    }

    private void AssertBroken(string text, int line, string what, Action<string> load)
    {
        File.WriteAllText(_file, text);
        var problem = Failure(load);
        Assert.StartsWith($"{_file}:{line}: ", problem, StringComparison.Ordinal);
        Assert.Contains(what, problem, StringComparison.Ordinal);
    }

    private string Failure(Action<string> load) => Assert.ThrowsAny<ConfigurationException>(() => load(_file)).Message;
}
