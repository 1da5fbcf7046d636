using System.Text;
using Akka.Mqtt.Cli.Clients;
using Akka.Mqtt.Cli.Clients.Arguments;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Tests.Clients;

/// <summary>The command lines of <c>pub</c>, <c>sub</c> and <c>rr</c>, as mosquitto's clients take them.</summary>
public class ClientArgumentsSpec
{
    private static ClientOptions Read(string words) =>
        ClientArguments.Read(Enum.Parse<ClientKind>(words.Split(' ')[0], ignoreCase: true), [.. words.Split(' ').Skip(1).Select(each => each == "''" ? "" : each)]);

    private const string CommonOptions =
        "--cafile --capath --cert --ciphers --debug --disable-clean-session --host --id --id-prefix --insecure --keepalive --key --keyform --nodelay --port --property --protocol-version --proxy --psk --psk-identity --pw --qos "
        + "--quiet --tls-alpn --tls-engine --tls-engine-kpass-sha1 --tls-use-os-certs --tls-version --topic --unix --url --username --will-payload --will-qos --will-retain --will-topic -A -D -I -L -P -S -V -c -d -h -i -k -p -q -t -u -x";

    private static string Refusal(string words) => Assert.Throws<CommandFailure>(() => Read(words)).Message;

    /// <summary>The options in the man pages of mosquitto's clients 2.0.11.</summary>
    [Theory]
    [InlineData("pub", "--file --message --null-message --repeat --repeat-delay --retain --stdin-file --stdin-line -f -l -m -n -r -s")]
    [InlineData("sub", "--filter-out --pretty --random-filter --remove-retained --retain-as-published --retained-only --unsubscribe --verbose -C -E -F -N -R -T -U -W -v")]
    [InlineData("rr", "--file --message --null-message --pretty --stdin-file --verbose -F -N -R -e -f -m -n -s -v")]
    public void Each_option_of_the_man_pages_is_known(string command, string options)
    {
        var known = ClientArguments.RulesOf(Enum.Parse<ClientKind>(command, ignoreCase: true)).SelectMany(rule => rule.Names).ToHashSet();
        Assert.Empty($"{CommonOptions} {options}".Split(' ').Except(known));
    }

    [Theory]
    [InlineData("pub -t a -m x -q 5", "-q 5 is not a QoS. Use 0, 1 or 2.")]
    [InlineData("pub -t a -m x -q", "-q needs a value: -q <qos>.")]
    [InlineData("pub -m x", "pub needs a topic: -t <topic>, or -L <url>.")]
    [InlineData("sub", "sub needs a topic: -t <filter>, or -L <url>.")]
    [InlineData("pub -t a", "pub needs a message: -m <text>, -f <file>, -l (lines of stdin), -s (all of stdin) or -n (empty).")]
    [InlineData("rr -t a -m x", "rr needs the topic of the response: -e <topic>.")]
    [InlineData("pub -t a -m x -n", "give one of -m, -f, -l, -n and -s: each names a source of the message.")]
    [InlineData("pub -t a/# -m x", "-t a/# is not a topic: messages are published to a topic without + and #.")]
    [InlineData("pub -t '' -m x", "-t is empty: give the topic.")]
    [InlineData("sub -t a/b#", "-t a/b# is not a topic filter: + stands for a whole level, and # for all levels at the end, as in a/+/c or a/#.")]
    [InlineData("sub -t a -T +b", "-T +b is not a topic filter: + stands for a whole level, and # for all levels at the end, as in a/+/c or a/#.")]
    [InlineData("sub -t a -C 0", "-C 0 is not a whole number from 1 on.")]
    [InlineData("sub -t a -W soon", "-W soon is not a whole number from 1 to 2000000.")]
    [InlineData("sub -t a -p 65536", "-p 65536 is not a whole number from 1 to 65535.")]
    [InlineData("sub -t a -k 4", "-k 4 is not a whole number from 5 to 65535.")]
    [InlineData("sub -t a -V 4", "-V 4 is not a version of MQTT. Use 5, 311 or 31.")]
    [InlineData("sub -t a -R --retained-only", "-R and --retained-only exclude each other: nothing would be written.")]
    [InlineData("sub -t a -i x -I y", "-i and -I exclude each other.")]
    [InlineData("sub -t a -c", "a session that never expires (-c, -x -1) needs a client identifier: -i.")]
    [InlineData("sub -t a -V 5 -x -1", "a session that never expires (-c, -x -1) needs a client identifier: -i.")]
    [InlineData("sub -t a -V 5 -x -2", "-x -2 is not a time in seconds. Use 0 to 4294967295, or -1 for ever.")]
    [InlineData("sub -t a -P x", "-P needs -u: only MQTT 5.0 (-V 5) allows a password without a user name.")]
    [InlineData("sub -t a --will-payload x", "--will-payload, --will-qos, --will-retain and -D will need --will-topic.")]
    [InlineData("sub -t a --cert x", "--cert and --key go together.")]
    [InlineData("sub -t a --tls-version 3", "--tls-version 3 is not a version of TLS. Use tlsv1.3, tlsv1.2 or tlsv1.1.")]
    [InlineData("sub -t a --psk aa", "--psk is not supported: .NET has no TLS with pre-shared keys. Use certificates: --cafile.")]
    [InlineData("sub -t a -S", "-S is not supported: SRV records are not looked up. Give host and port with -h and -p.")]
    [InlineData("sub -t a --random-filter 0", "--random-filter 0 is not a number from 0.1 to 100.")]
    [InlineData("sub -t a --verbos", "--verbos is not an option of sub. Did you mean --verbose? akka-mqtt help sub lists them.")]
    [InlineData("sub -t a -q1", "-q1 is not an option of sub. Options are separate words: -q 1.")]
    [InlineData("sub -t a b", "b is not an option of sub. Put a text with spaces in quotes.")]
    [InlineData("sub -t a -m x", "-m is an option of pub and rr, not of sub.")]
    [InlineData("pub -t a -m x -C 1", "-C is an option of sub, not of pub.")]
    [InlineData("sub -L http://h/t", "-L http://h/t: the scheme is neither mqtt:// nor mqtts://. The form is mqtt[s]://[user[:password]@]host[:port]/topic.")]
    [InlineData("sub -L mqtt://u:secret@h", "-L mqtt://***@h: the topic is missing. The form is mqtt[s]://[user[:password]@]host[:port]/topic.")]
    [InlineData("sub -L mqtt:///t", "-L mqtt:///t: the host is missing. The form is mqtt[s]://[user[:password]@]host[:port]/topic.")]
    [InlineData("sub -L mqtt://h:x/t", "-L: the port x is not a whole number from 1 to 65535.")]
    public void A_command_line_that_cannot_be_carried_out_is_refused_with_what_is_wrong(string words, string said) => Assert.Equal(said, Refusal(words));

    [Theory]
    [InlineData("sub -t a -F %Q", "-F: %Q is not a field. akka-mqtt help sub lists them.")]
    [InlineData("sub -t a -F %-", "-F ends within %-: a letter is missing, as in %t.")]
    [InlineData("sub -t a -F %10", "-F ends within %10: a letter is missing, as in %t.")]
    [InlineData("sub -t a -F x%", "-F ends with %: a sequence needs a letter behind it. Write %% for the character itself.")]
    [InlineData("sub -t a -F \\q", "-F: \\q is not an escape. Use \\\\, \\0, \\a, \\e, \\n, \\r, \\t or \\v.")]
    [InlineData("sub -t a -F %99999999t", "-F: the width in %9999999 is more than 1000000.")]
    public void A_format_is_checked_before_the_client_connects(string words, string said) => Assert.Equal(said, Refusal(words));

    [Theory]
    [InlineData("-D publish content-type", "-D needs a command, a name and a value, with user-property two; 2 words were given.")]
    [InlineData("-D publish user-property k", "-D needs a command, a name and a value, with user-property two; 3 words were given.")]
    [InlineData("-D publsh content-type x", "-D publsh: this is not a command that takes properties. Did you mean publish? Use connect, publish, subscribe, unsubscribe, disconnect or will.")]
    [InlineData("-D disconnect content-type x", "-D disconnect content-type: disconnect does not have this property. It has session-expiry-interval and user-property.")]
    [InlineData("-D unsubscribe x y", "-D unsubscribe x: unsubscribe does not have this property. It has user-property.")]
    [InlineData("-D publish payload-format-indicator 2", "-D publish payload-format-indicator 2 is not a whole number from 0 to 1.")]
    [InlineData("-D publish topic-alias 0", "-D publish topic-alias 0 is not a whole number from 1 to 65535.")]
    [InlineData("-D publish message-expiry-interval 4294967296", "-D publish message-expiry-interval 4294967296 is not a whole number from 0 to 4294967295.")]
    [InlineData("-D publish response-topic a/#", "-D publish response-topic a/# is not a topic: messages are published to a topic without + and #.")]
    public void A_property_that_does_not_exist_is_refused(string words, string said) => Assert.Equal(said, Refusal($"pub -t a -m x {words}"));

    /// <summary>The examples of the man pages of mosquitto's clients, in the words that a shell makes of them.</summary>
    [Theory]
    [InlineData("pub", "-t", "sensors/temperature", "-m", "32", "-q", "1")]
    [InlineData("pub", "-h", "192.168.1.1", "-p", "1885", "-t", "sensors/temperature", "-m", "1266193804 32")]
    [InlineData("pub", "-r", "-t", "switches/kitchen_lights/status", "-m", "on")]
    [InlineData("pub", "-t", "my/topic", "-f", "./data")]
    [InlineData("pub", "-t", "my/topic", "-s")]
    [InlineData("sub", "-t", "#", "--remove-retained", "--retained-only")]
    [InlineData("sub", "-t", "bbc/#", "-T", "bbc/bbc1", "--remove-retained")]
    [InlineData("sub", "-t", "bbc/#", "-T", "bbc/radio3")]
    [InlineData("sub", "-t", "sensors/#", "-U", "sensors/+/temperature", "-v")]
    [InlineData("sub", "-t", "sensors/temperature", "-q", "1")]
    [InlineData("sub", "-t", "sensors/machines/+/temperature/+")]
    [InlineData("sub", "-v", "-t", "$SYS/#")]
    [InlineData("sub", "-F", "@Y-@m-@dT@H:@M:@S@z : %t : %x", "-t", "#")]
    [InlineData("sub", "-F", "@s.@N : %r : %q : %m : %l", "-q", "2", "-t", "#")] // the man page has %@s, which mosquitto_sub refuses too
    [InlineData("sub", "-F", "\\e[92m%t \\e[96m%p\\e[0m", "-q", "2", "-t", "#")]
    public void The_examples_of_the_man_pages_are_understood(string command, params string[] words) =>
        Assert.NotEmpty(ClientArguments.Read(Enum.Parse<ClientKind>(command, ignoreCase: true), words).Topics);

    [Fact]
    public void Properties_make_the_client_one_of_5_0()
    {
        var options = Read("pub -t a -m x -D publish user-property k v -D PUBLISH user-property k w -D connect receive-maximum 7"
            + " -D disconnect session-expiry-interval 0 --will-topic w -D will will-delay-interval 3 -D publish correlation-data c");
        Assert.Equal(MqttVersion.V5, options.Version);
        Assert.Equal(new PublishProperties { UserProperties = new UserProperty[] { new("k", "v"), new("k", "w") }, CorrelationData = MqttBinary.FromText("c") }, options.PublishProperties);
        Assert.Equal(new ConnectProperties { ReceiveMaximum = 7 }, options.ConnectProperties);
        Assert.Equal(new DisconnectProperties { SessionExpiryInterval = 0 }, options.DisconnectProperties);
        Assert.Equal(new Will("w") { Properties = new WillProperties { WillDelayInterval = 3 } }, options.Will);
    }

    [Fact]
    public void Options_of_subscribers_can_be_repeated_and_topics_of_publishers_cannot()
    {
        var options = Read("sub -t a -t b/+ -T b/c -T b/d -U e --topic=f");
        Assert.Equal(["a", "b/+", "f"], options.Topics);
        Assert.Equal(["b/c", "b/d"], options.FilterOut);
        Assert.Equal(["e"], options.Unsubscribe);
        Assert.Equal(["b"], Read("pub -t a -t b -n").Topics);
    }

    [Theory]
    [InlineData("-L mqtt://h/a/b", "h", 1883, null, null, false)]
    [InlineData("-L mqtts://h/a/b", "h", 8883, null, null, true)]
    [InlineData("-L mqtt://u@h:1/a/b", "h", 1, "u", null, false)]
    [InlineData("-L mqtts://u:p@ss:w@h:1/a/b", "h", 1, "u", "p@ss:w", true)]
    [InlineData("-L mqtt://[::1]:5/a/b", "::1", 5, null, null, false)]
    [InlineData("-L mqtt://[::1]/a/b", "::1", 1883, null, null, false)]
    public void A_url_says_server_user_and_topic(string words, string host, int port, string? user, string? password, bool secure)
    {
        var options = Read($"sub {words}");
        Assert.Equal((host, port, user, password, secure), (options.Host, options.Port, options.UserName, options.Password, options.Tls.IsOn));
        Assert.Equal(["a/b"], options.Topics);
    }

    [Theory]
    [InlineData("sub -t a", MqttVersion.V311, true, null)]
    [InlineData("sub -t a -V 5", MqttVersion.V5, true, null)]
    [InlineData("sub -t a -V mqttv31", MqttVersion.V31, true, null)]
    [InlineData("rr -t a -e b -n", MqttVersion.V5, true, null)]
    [InlineData("sub -t a -V 5 -c -i x", MqttVersion.V5, false, uint.MaxValue)]
    [InlineData("sub -t a -V 5 -c -i x -x 60", MqttVersion.V5, false, 60u)]
    [InlineData("sub -t a -V 5 -x ∞ -i x", MqttVersion.V5, true, uint.MaxValue)]
    [InlineData("sub -t a -c -i x", MqttVersion.V311, false, null)]
    public void Version_and_session_are_those_that_the_man_page_says(string words, MqttVersion version, bool cleanStart, uint? expiry)
    {
        var hello = ClientTarget.Hello(Read(words));
        Assert.Equal((version, cleanStart, expiry), (hello.Version, hello.CleanStart, hello.Properties?.SessionExpiryInterval));
    }

    [Fact]
    public void A_client_identifier_is_random_before_5_0_and_that_of_the_server_in_5_0()
    {
        var first = ClientTarget.Hello(Read("sub -t a")).ClientId;
        Assert.Equal(23, first.Length);
        Assert.NotEqual(first, ClientTarget.Hello(Read("sub -t a")).ClientId);
        Assert.Equal("", ClientTarget.Hello(Read("sub -t a -V 5")).ClientId);
        Assert.Equal($"p-{Environment.ProcessId}", ClientTarget.Hello(Read("sub -t a -I p-")).ClientId);
    }

    [Fact]
    public void A_config_file_has_defaults_that_the_command_line_overrides()
    {
        using var folder = new TempFolder();
        var file = folder["mosquitto_sub"];
        File.WriteAllText(file, "# comment\n-h server\n\n-p 1\n-t from/file\n--pw a b\r\n-u me\n-D connect user-property k a b\n-v\n");
        var options = ClientArguments.Read(ClientKind.Sub, ["-p", "2", "-t", "t"], file);
        Assert.Equal(("server", 2, "a b", "me", true), (options.Host, options.Port, options.Password, options.UserName, options.Verbose));
        Assert.Equal(["from/file", "t"], options.Topics);
        Assert.Equal(new ConnectProperties { UserProperties = new UserProperty[] { new("k", "a b") } }, options.ConnectProperties);
        File.WriteAllText(file, "-h server\n-q 7\n");
        Assert.Equal($"{file}, line 2: -q 7 is not a QoS. Use 0, 1 or 2.", Assert.Throws<CommandFailure>(() => ClientArguments.Read(ClientKind.Sub, [], file)).Message);
    }

    [Fact]
    public void A_help_names_each_option_of_its_command_and_none_of_another()
    {
        foreach (var kind in (ClientKind[])[ClientKind.Pub, ClientKind.Sub, ClientKind.Rr])
        {
            var help = ClientHelp.Show(kind);
            Assert.All(ClientArguments.RulesOf(kind).Where(each => each.Help.Length > 0), rule => Assert.Contains($"\n  {string.Join(", ", rule.Names)}", help, StringComparison.Ordinal));
            Assert.All(help.Split('\n'), line => Assert.True(Encoding.UTF8.GetByteCount(line) <= 145, line));
        }
        Assert.DoesNotContain("\n  -C", ClientHelp.Show(ClientKind.Pub), StringComparison.Ordinal);
    }

    [Fact]
    public void No_name_stands_for_two_options_of_a_command()
    {
        foreach (var kind in (ClientKind[])[ClientKind.Pub, ClientKind.Sub, ClientKind.Rr])
        {
            var names = ClientArguments.RulesOf(kind).SelectMany(each => each.Names).ToList();
            Assert.Equal(names.Distinct(), names);
        }
    }
}
