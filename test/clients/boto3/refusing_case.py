"""What the scripts of all services share."""

import unittest

from botocore.exceptions import ClientError


class RefusingCase(unittest.TestCase):
    """Tests of calls that are to be refused."""

    def refused(self, code, status, call, *args, **kwargs):
        """Expects the call to be refused; gives the message."""
        with self.assertRaises(ClientError) as caught:
            call(*args, **kwargs)
        answer = caught.exception.response
        self.assertEqual(answer["Error"]["Code"], code)
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], status)
        self.assertTrue(answer["ResponseMetadata"]["RequestId"])
        # The code is one that the client knows for this service.
        known = getattr(self.client.exceptions, code, ClientError)
        self.assertIsInstance(caught.exception, known)
        return answer["Error"]["Message"]
